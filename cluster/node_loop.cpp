#include "cluster/node_loop.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <type_traits>
#include <utility>
#include <variant>

namespace nvrhub::cluster {
namespace {

constexpr std::chrono::milliseconds tick_interval{100};
constexpr unsigned ticks_per_health = 5;
constexpr unsigned ticks_per_members = 20;

bool holds_lease(const std::vector<log::Member>& members, const std::string& node, std::uint64_t boot) {
  return std::any_of(members.begin(), members.end(), [&](const log::Member& member) {
    return member.origin == log::Origin{node, boot};
  });
}

template <class... Arguments>
void call(const std::function<void(Arguments...)>& callback, const std::type_identity_t<Arguments>&... arguments) {
  if (callback) callback(arguments...);
}

} // namespace

NodeLoop::NodeLoop(boost::asio::io_context& io, log::Log& log, log::Origin self, std::size_t max_queued)
    : log_(log), self_(std::move(self)), queue_(max_queued),
      appender_(
          log, [this] { fenced(); }, [this](const std::string& why) { fail("the log refuses an entry: " + why); }),
      timer_(io) {}

void NodeLoop::attach(Callbacks callbacks) {
  callbacks_ = std::move(callbacks);
  if (!failure_.empty()) call(callbacks_.on_failed, failure_);
  if (is_fenced_) call(callbacks_.on_fenced);
  if (!queue_.is_empty()) call(callbacks_.on_delivered);
}

void NodeLoop::follow(log::Position after, std::function<void()> on_joined_here) {
  on_joined_here_ = std::move(on_joined_here);
  tick();
  log_.follow(after, [this](const log::Delivery& delivery) { take(delivery); });
}

void NodeLoop::take(const log::Delivery& delivery) {
  if (const auto* entry = std::get_if<log::Entry>(&delivery)) return take(*entry);
  if (const auto* gone = std::get_if<log::Vanished>(&delivery)) return vanished(gone->origin);
  if (const auto* joined = std::get_if<log::Joined>(&delivery)) {
    if (joined->origin == self_) call(std::exchange(on_joined_here_, nullptr));
    return;
  }
  fail("the log was trimmed beyond this directory's data: restore a backup of another node");
}

void NodeLoop::take(const log::Entry& entry) {
  const auto [was_empty, is_full] =
      queue_.push({entry.position, {entry.origin.node, entry.origin.boot}, entry.number, std::string(entry.bytes)});
  if (is_full) log_.pause(true);
  if (was_empty) call(callbacks_.on_delivered);
}

void NodeLoop::vanished(const log::Origin& origin) {
  if (origin == self_) return fenced();
  call(callbacks_.on_vanished);
}

void NodeLoop::fenced() {
  lease_.end();
  appender_.stop();
  if (is_leaving_ || std::exchange(is_fenced_, true)) return;
  call(callbacks_.on_fenced);
}

void NodeLoop::fail(const std::string& why) {
  if (!failure_.empty()) return;
  failure_ = why;
  call(callbacks_.on_failed, failure_);
}

void NodeLoop::find_lost(std::vector<store::Origin> known) {
  log_.members([this, known = std::move(known)](const log::Result<std::vector<log::Member>>& members) {
    std::vector<store::Origin> lost;
    // If the own lease is not among them, it has ended: then it is not for this node to say who else is lost.
    if (members && holds_lease(*members, self_.node, self_.boot)) {
      std::copy_if(known.begin(), known.end(), std::back_inserter(lost),
                   [&](const store::Origin& origin) { return !holds_lease(*members, origin.node, origin.boot); });
    }
    call(callbacks_.on_lost, lost);
  });
}

void NodeLoop::leave(log::Log::OnDone done) {
  is_leaving_ = true;
  lease_.end();
  log_.leave(std::move(done));
}

void NodeLoop::tick() {
  timer_.start(tick_interval, [this] { tick(); });
  is_leaving_ || is_fenced_ ? lease_.end() : lease_.refresh(log_);
  if (ticks_ % ticks_per_health == 0) update_health();
  if (ticks_ % ticks_per_members == 0) {
    log_.members([this](const log::Result<std::vector<log::Member>>& members) {
      const std::lock_guard lock(health_mutex_);
      if (members) health_.members = *members;
    });
  }
  ++ticks_;
}

void NodeLoop::update_health() {
  log::Health health = log_.health();
  const std::lock_guard lock(health_mutex_);
  health_.log = std::move(health);
  health_.lease = log_.liveness();
}

NodeHealth NodeLoop::health() const {
  const std::lock_guard lock(health_mutex_);
  return health_;
}

} // namespace nvrhub::cluster
