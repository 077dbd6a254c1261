#pragma once

#include <optional>
#include <string>

namespace nvrhub::app {

/// Flushes stdout. nullopt: everything that was printed has been written; else why not, for a message.
std::optional<std::string> output_error();

/// The exit code of a command whose own code is `code`: 1, with a message on stderr, if what it printed to stdout could
/// not be written completely, or if stdin, which it read, could not be.
int checked_exit_code(int code);

} // namespace nvrhub::app
