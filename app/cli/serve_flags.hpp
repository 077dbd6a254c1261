#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <tl/expected.hpp>

#include "app/cli/cluster_flags.hpp"
#include "app/cli/types.hpp"
#include "app/log/logger.hpp"
#include "app/server.hpp"
#include "notify/config/config.hpp"

namespace nvrhub::app {

/// The flags of `nvrhub serve`, filled in by CLI11.
struct ServeFlags {
  std::string data;
  Endpoint listen;
  std::string enroll = "known";
  Duration heartbeat_timeout{std::chrono::seconds(90)};
  Duration ping_interval{std::chrono::seconds(25)};
  Duration auth_timeout{std::chrono::seconds(10)};
  Duration keep_alive_timeout{std::chrono::seconds(75)};
  Duration restart_grace{std::chrono::seconds(90)};
  Duration offline_grace;
  Duration commit_interval{std::chrono::milliseconds(10)};
  std::uint32_t history_days = 90;
  std::string log_level = "info";
  std::string log_format = "text";
  std::string log_changes = "on";
  std::string config;
  bool allow_anonymous = false;
  std::vector<std::string> allow_origins;
  std::vector<std::string> trust_proxies;
  std::string proxy_header = "x-forwarded-for";
  unsigned connection_rate = 0;
  unsigned message_rate = 0;
  unsigned notify_rate = 60;
  std::string page_url;
  ClusterFlags cluster;
  std::string node;      // in the cluster
  std::string advertise; // where it is reached
  std::string cluster_secret_file;
  ServerOptions options;
  notify::Configuration notify; // the tables of `config`
};

/// The flags that SIGHUP applies; all others need a restart. A flag listed here must be applied by Server::reload or
/// Reload.
inline constexpr std::array<std::string_view, 6> reloadable_flags{"log-level", "log-format", "log-changes",
                                                                  "tls-cert",  "tls-key",    "tls-client-ca"};

void add_serve_flags(CLI::App& command, ServeFlags& flags);

/// The options of the server, without its log.
ServerOptions resolve(const ServeFlags& flags);
LogOptions log_options(const ServeFlags& flags);

/// Each flag's value as text, by its name without the dashes, and the text of the file's tables as `tables`. For
/// comparison only: values must not be logged.
using FlagValues = std::map<std::string, std::string, std::less<>>;
FlagValues values_of(const CLI::App& command);

struct ParsedServeFlags {
  ServeFlags flags;
  FlagValues values;
};
/// Parses command line, environment and config file of `nvrhub serve` for a reload.
/// ERRORS: a message that names the file, the key and what is wrong.
tl::expected<ParsedServeFlags, std::string> parse_serve_flags(const std::vector<std::string>& arguments);

} // namespace nvrhub::app
