// Whether the clock of this machine is near those of the other servers.
#include <algorithm>
#include <cstdlib>

#include "cluster/starting.hpp"

namespace nvrhub::cluster {
namespace {

using namespace std::chrono_literals;

constexpr auto next_time_limit = 10s; // servers write their time every 4 s
constexpr std::chrono::milliseconds max_clock_difference{5'000};
// A clock that is further behind is not followed anyway (fleet/server_clock.hpp).
constexpr fleet::WallMillis max_followed = fleet::ServerClock::max_step / fleet::ServerClock::ms;

} // namespace

Result<fleet::StoredTimes> Node::Starting::times() const {
  const auto snapshot = store_.snapshot();
  auto times = snapshot ? snapshot->times() : tl::make_unexpected(snapshot.error());
  if (!times) return tl::make_unexpected(store_error(times.error()));
  return *times;
}

/// When the newest of the others has joined, of those that hold a lease: they write their time. nullopt: there are
/// none.
Result<std::optional<fleet::WallMillis>> Node::Starting::newest_peer() {
  const auto members = ask_members();
  if (!members) return tl::make_unexpected(members.error());
  std::optional<fleet::WallMillis> newest;
  const auto snapshot = store_.snapshot();
  const auto visit = [&](const store::Origin& origin, const store::OriginState& state) {
    const bool is_other = state.joined && !state.lost && origin != node_->self_;
    const log::Origin other{origin.node, origin.boot};
    if (is_other && std::any_of(members->begin(), members->end(),
                                [&](const log::Member& member) { return member.origin == other; })) {
      newest = std::max(newest.value_or(state.joined_at), state.joined_at);
    }
  };
  const auto read = snapshot ? snapshot->each_origin(visit) : tl::make_unexpected(snapshot.error());
  if (!read) return tl::make_unexpected(store_error(read.error()));
  return newest;
}

/// Times of events never decrease, so a node whose clock is ahead would move those of all. The others write theirs
/// every few seconds: whether this clock is ahead, or the last time in the log is old, shows the next one. Where none
/// was written yet, all have just joined.
Result<void> Node::Starting::compare_clocks() {
  const auto is_near = [this](fleet::WallMillis time) {
    return std::abs(now() - time) <= max_clock_difference.count();
  };
  auto latest = times();
  if (!latest) return tl::make_unexpected(latest.error());
  const fleet::WallMillis before = latest->last;
  if (before != 0 && is_near(before)) return {};
  const auto peer = newest_peer();
  if (!peer) return tl::make_unexpected(peer.error());
  if (!*peer) return {};
  const auto of_peers = [&] { return latest->last != 0 ? latest->last : **peer; };
  if (is_near(of_peers())) return {};
  const bool seems_ahead = now() > of_peers();
  const auto until = std::chrono::steady_clock::now() + next_time_limit;
  while (seems_ahead && latest->last == before && std::chrono::steady_clock::now() < until && !is_cancelled()) {
    {
      std::unique_lock lock(seen_->mutex);
      seen_->changed.wait_for(lock, 100ms, [&] { return seen_->has_deliveries || !seen_->failure.empty(); });
      seen_->has_deliveries = false;
    }
    if (const auto applied = apply(); !applied) return tl::make_unexpected(applied.error());
    latest = times();
    if (!latest) return tl::make_unexpected(latest.error());
  }
  const fleet::WallMillis ahead = now() - of_peers();
  const bool is_ahead = latest->last != before && ahead > max_clock_difference.count();
  const bool is_behind = -ahead > max_clock_difference.count() && -ahead <= max_followed;
  if (!is_ahead && !is_behind) return {};
  return cluster::fail(Errc::clock, "the clock of this machine is " + std::to_string(std::abs(ahead) / 1000) + " s " +
                                        (is_ahead ? "ahead of" : "behind") +
                                        " the other servers': correct it, or theirs");
}

} // namespace nvrhub::cluster
