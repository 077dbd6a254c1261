#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <tl/expected.hpp>

#include "app/cli_types.hpp"
#include "app/log/logger.hpp"
#include "app/server.hpp"

namespace nvrhub::app {

/// What `nvrhub serve` can be told, as CLI11 fills it in.
struct ServeFlags {
  std::string data;
  Endpoint listen;
  std::string enroll = "known";
  Duration heartbeat_timeout{std::chrono::seconds(90)};
  Duration auth_timeout{std::chrono::seconds(10)};
  Duration restart_grace{std::chrono::seconds(90)};
  Duration offline_grace;
  std::uint32_t history_days = 90;
  std::string log_level = "info";
  std::string log_format = "text";
  std::string config;
  bool allow_anonymous = false;
  std::vector<std::string> trust_proxies;
  unsigned connection_rate = 0;
  unsigned message_rate = 0;
  ServerOptions options;
};

/// The flags that a SIGHUP changes; all others wait for a restart. Whoever adds one here makes
/// Server::reload or serve_command.cpp heed it.
inline constexpr std::array<std::string_view, 5> reloadable_flags{"log-level", "log-format", "tls-cert", "tls-key",
                                                                  "tls-client-ca"};

void add_serve_flags(CLI::App& command, ServeFlags& flags);

/// All but the log.
ServerOptions resolve(const ServeFlags& flags);
LogOptions log_options(const ServeFlags& flags);

/// Each flag's value as text, by its name without the dashes. For comparing; not for a log.
using FlagValues = std::map<std::string, std::string, std::less<>>;
FlagValues values_of(const CLI::App& command);

struct ReadAgain {
  ServeFlags flags;
  FlagValues values;
};
/// Reads command line, environment and config file of `nvrhub serve` once more. The error says what is wrong in the
/// file.
tl::expected<ReadAgain, std::string> read_again(const std::vector<std::string>& arguments);

} // namespace nvrhub::app
