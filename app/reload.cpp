#include "app/reload.hpp"

#include <algorithm>
#include <utility>

namespace nvrhub::app {

namespace {

bool is_reloadable(std::string_view flag) {
  return std::find(reloadable_flags.begin(), reloadable_flags.end(), flag) != reloadable_flags.end();
}

void append(std::string& list, std::string_view flag) {
  list.append(list.empty() ? "" : ", ").append(flag);
}

} // namespace

Reload::Reload(std::vector<std::string> arguments, FlagValues values, Logger& logger, Server& server)
    : arguments_(std::move(arguments)), values_(std::move(values)), logger_(logger), server_(server) {}

void Reload::operator()() {
  const auto parsed = parse_serve_flags(arguments_);
  if (!parsed) {
    const actors::Field why{"reason", parsed.error()};
    logger_.log(actors::Level::error, "reload_refused",
                "SIGHUP: reload refused, the configuration is invalid; nothing was changed", {&why, 1});
    return;
  }
  std::string changed;
  std::string needs_restart;
  for (const auto& [flag, value] : parsed->values) {
    std::string& in_force = values_[flag];
    if (in_force == value) continue;
    append(is_reloadable(flag) ? changed : needs_restart, flag);
    if (is_reloadable(flag)) in_force = value;
  }
  const LogOptions log = log_options(parsed->flags);
  logger_.set(log.level, log.format, log.changes);
  const auto reloaded = server_.reload(resolve(parsed->flags));

  std::vector<actors::Field> fields;
  if (!changed.empty()) fields.emplace_back("changed", changed);
  if (!needs_restart.empty()) fields.emplace_back("needs_restart", needs_restart);
  if (!reloaded) {
    fields.emplace_back("reason", reloaded.error());
    return logger_.log(actors::Level::error, "reload_refused", "SIGHUP: reload partially applied", fields);
  }
  logger_.log(needs_restart.empty() ? actors::Level::info : actors::Level::warn, "reloaded",
              "SIGHUP: configuration, tokens and certificates reloaded", fields);
}

} // namespace nvrhub::app
