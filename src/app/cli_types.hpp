#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace nvrhub::app {

/// A time as it stands on the command line: "90s", "5m", "250ms", "2h", "0s".
struct Duration {
  std::chrono::milliseconds value{0};
};
bool lexical_cast(const std::string& text, Duration& duration); // found by CLI11
std::ostream& operator<<(std::ostream& out, const Duration& duration);

/// "127.0.0.1:8080", "[::1]:8080".
struct Endpoint {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;
};
bool lexical_cast(const std::string& text, Endpoint& endpoint);
std::ostream& operator<<(std::ostream& out, const Endpoint& endpoint);

/// Checks whose messages say what would be right.
CLI::Validator a_time();
CLI::Validator an_endpoint();
CLI::Validator an_origin();
CLI::Validator a_network();

/// Every option of `command` also as NVRHUB_... in the environment and as a key in `--config FILE`.
/// A flag beats the environment, which beats the file. Call it after all options are there, before parsing.
/// Throws CLI::Error, with the file, the key and what would be right.
void add_environment(CLI::App& command);
void apply_config_file(CLI::App& command, int argc, const char* const* argv);

// ---- the subcommands: each adds itself and sets `result` when it has run ----

void add_serve(CLI::App& app, int& result, std::vector<std::string> arguments); // the whole command line
void add_simulate(CLI::App& app, int& result);
void add_import(CLI::App& app, int& result);
void add_token(CLI::App& app, int& result);
void add_backup(CLI::App& app, int& result);
void add_check(CLI::App& app, int& result);
void add_export(CLI::App& app, int& result);
void add_doctor(CLI::App& app, int& result);

} // namespace nvrhub::app
