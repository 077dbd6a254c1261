#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace nvrhub::app {

/// A duration on the command line: a whole number and a unit: "90s", "5m", "250ms", "2h", "1d".
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

/// Validators; their messages contain a valid example.
CLI::Validator duration_check();
CLI::Validator at_most(std::chrono::milliseconds most); // of a duration
CLI::Validator endpoint_check();
CLI::Validator origin_check();
CLI::Validator network_check();
CLI::Validator url_check(std::string what);
CLI::Validator server_check();

/// A repeatable flag whose value may hold several, separated by commas or whitespace: the environment has one variable
/// for all of them. `list_of` checks each part; `split_list` returns the parts of all values.
CLI::Validator list_of(CLI::Validator check);
std::vector<std::string> split_list(const std::vector<std::string>& values);

/// Makes every option of `command` settable by NVRHUB_... in the environment and by a key in `--config FILE`. A flag
/// overrides the environment, which overrides the file.
/// REQUIRES: all options are added, nothing is parsed yet.
/// ERRORS: throws CLI::Error that names the file, the key and what would be right.
void add_environment(CLI::App& command);
void apply_config_file(CLI::App& command, int argc, const char* const* argv);

/// The text of a config file, without a byte order mark. ERRORS: throws CLI::Error.
std::string read_config_file(const std::string& file);

// ---- the subcommands: each adds itself and sets `result` (the exit code) when it has run ----

void add_serve(CLI::App& app, int& result, std::vector<std::string> arguments); // the whole command line
void add_simulate(CLI::App& app, int& result);
void add_import(CLI::App& app, int& result);
void add_tail(CLI::App& app, int& result);
void add_nvr(CLI::App& app, int& result);
void add_token(CLI::App& app, int& result);
void add_backup(CLI::App& app, int& result);
void add_check(CLI::App& app, int& result);
void add_export(CLI::App& app, int& result);
void add_doctor(CLI::App& app, int& result);
void add_clock(CLI::App& app, int& result);
void add_cluster(CLI::App& app, int& result);
void add_alerts(CLI::App& app, int& result);
void add_alert_list(CLI::App& alerts, int& result); // `alerts list`
void add_maintenance(CLI::App& app, int& result);

} // namespace nvrhub::app
