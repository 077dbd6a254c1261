#pragma once

#include <functional>
#include <string>

#include "store/error.hpp"

namespace nvrhub::store {

/// Runs `work` in a forked child and returns what it returned. A child that a signal ended, as walking a damaged file
/// may, is Errc::corrupt with a message that completes "reading it ...". The child runs no atexit handler. Call it
/// before any thread is started.
Result<std::string> run_in_child(const std::function<std::string()>& work);

/// The same for work that only succeeds or fails: answers what it answered. A child that died is Errc::corrupt:
/// "reading it ended in SIGBUS".
Result<void> try_in_child(const std::function<Result<void>()>& work);

} // namespace nvrhub::store
