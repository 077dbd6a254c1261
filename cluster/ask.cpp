#include "cluster/ask.hpp"

namespace nvrhub::cluster {

GiveUp after(std::chrono::milliseconds limit) {
  return [end = std::chrono::steady_clock::now() + limit] { return std::chrono::steady_clock::now() > end; };
}

Error to_error(const log::Error& error) {
  const bool is_away = error.code == log::Errc::unavailable;
  const bool is_fenced = error.code == log::Errc::fenced;
  return {is_fenced ? Errc::fenced : (is_away ? Errc::unavailable : Errc::refused), error.message};
}

log::Health health_of(LogThread& thread) {
  auto health = ask<log::Health>(thread, after(std::chrono::seconds(1)),
                                 [](log::Log& log, const auto& done) { done(log.health()); });
  return health ? std::move(*health) : log::Health();
}

} // namespace nvrhub::cluster
