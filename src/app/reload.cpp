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
  const auto again = read_again(arguments_);
  if (!again) {
    const actors::Field why{"reason", again.error()};
    logger_.log(actors::Level::error, "reload_refused", "SIGHUP: nothing was changed, for the configuration is wrong",
                {&why, 1});
    return;
  }
  std::string changed;
  std::string waiting;
  for (const auto& [flag, value] : again->values) {
    std::string& in_force = values_[flag];
    if (in_force == value) continue;
    append(is_reloadable(flag) ? changed : waiting, flag);
    if (is_reloadable(flag)) in_force = value;
  }
  const LogOptions log = log_options(again->flags);
  logger_.set(log.level, log.format);
  const auto reloaded = server_.reload(resolve(again->flags));

  std::vector<actors::Field> fields;
  if (!changed.empty()) fields.emplace_back("changed", changed);
  if (!waiting.empty()) fields.emplace_back("needs_restart", waiting);
  if (!reloaded) {
    fields.emplace_back("reason", reloaded.error());
    return logger_.log(actors::Level::error, "reload_refused", "SIGHUP: not all could be taken over", fields);
  }
  logger_.log(waiting.empty() ? actors::Level::info : actors::Level::warn, "reloaded",
              "SIGHUP: configuration, tokens and certificates were read again", fields);
}

} // namespace nvrhub::app
