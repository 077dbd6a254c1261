#pragma once

#include <functional>
#include <string>

#include "store/error.hpp"

namespace nvrhub::store {

/// Runs `work` in a forked child process and returns its result. Reading a damaged LMDB file may end a process with a
/// signal; in a child, that is a result and not a crash. The child runs no atexit handlers.
///
/// REQUIRES: the process has only one thread (fork).
/// ERRORS: Errc::corrupt if the child was ended by a signal, with a message that completes "reading it ..."; Errc::io.
Result<std::string> run_in_child(const std::function<std::string()>& work);

/// As run_in_child, for work that returns only an error. A child that was ended by a signal: Errc::corrupt, "reading it
/// failed with SIGBUS".
Result<void> try_in_child(const std::function<Result<void>()>& work);

} // namespace nvrhub::store
