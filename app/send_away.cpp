#include "app/send_away.hpp"

#include <algorithm>
#include <thread>

namespace nvrhub::app {

namespace {

constexpr std::size_t min_sessions = 100;
constexpr std::chrono::milliseconds per_session{1};
constexpr std::chrono::milliseconds max_spread{2'500}; // a stop takes at most 10 s
constexpr std::chrono::milliseconds ack_time{600};     // a session closes this long after its moment, with what it read

} // namespace

std::chrono::milliseconds send_away(net::ServerContext& context) {
  const auto sessions = static_cast<std::size_t>(context.counters.level(&metrics::NetCounters::nvr_sessions));
  if (sessions < min_sessions) return {};
  context.api.leaving = true;
  const auto spread = std::min<std::chrono::milliseconds>(max_spread, sessions * per_session);
  context.api.connections.drain(spread);
  std::this_thread::sleep_for(spread + ack_time);
  return spread + ack_time;
}

} // namespace nvrhub::app
