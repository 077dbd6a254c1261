// How an NVR loses its connection and comes back: the other half of sim_nvr.cpp.
#include <cstdio>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "app/simulate/sim_limits.hpp"
#include "app/simulate/sim_nvr.hpp"

namespace nvrhub::app::sim {

using std::chrono::milliseconds;

namespace {

constexpr auto settled_after = std::chrono::seconds(5); // online for so long: the next failure starts a new backoff

} // namespace

/// Churn: the recorder goes away, in a way that is up to the model.
void SimNvr::drop() {
  const auto drop = drop_;
  drop.clean ? link_->close(1000) : link_->abort();
  stats_.update([&](Totals& totals) { ++(drop.clean ? totals.drops_clean : totals.drops_abrupt); });
  lose_connection();
  return_in(drop.away);
}

void SimNvr::lose_connection() {
  stats_.update([&](Totals& totals) {
    if (state_ == State::online) --totals.online;
    totals.cut_off += sent_.size();
  });
  if (state_ == State::online && Clock::now() - online_since_ > settled_after) backoff_.reset();
  if (state_ == State::connecting) gate_.done();
  simulation_.tracker.cut_off(index_);
  sent_.clear();
  deferred_ = false;
  link_.reset();
  state_ = State::down;
  ++timer_round_;
}

void SimNvr::return_in(milliseconds delay) {
  if (!finishing_) wait_until(Clock::now() + delay);
}

void SimNvr::on_end(const WsEnd& end) {
  count_end(end);
  lose_connection();
  if (!finishing_) decide_return(end);
}

void SimNvr::decide_return(const WsEnd& end) {
  const auto retry_after = std::exchange(retry_after_, std::nullopt);
  const auto wanted = end.kind == WsEnd::Kind::closed ? return_after_close(end.close_code) : Return::soon;
  if (wanted == Return::never) {
    state_ = State::stopped;
    return stats_.update([](Totals& totals) { ++totals.gave_up; });
  }
  const auto asked_for = retry_after ? retry_after : end.retry_after;
  if (asked_for) return return_in(Backoff::after(*asked_for, jitter_));
  const bool unauthorized = end.kind == WsEnd::Kind::refused && (end.http_status == 401 || end.http_status == 403);
  if (wanted == Return::later || unauthorized) return return_in(Backoff::refused(jitter_));
  return_in(backoff_.next(jitter_));
}

void SimNvr::count_end(const WsEnd& end) {
  stats_.update([&](Totals& totals) {
    switch (end.kind) {
    case WsEnd::Kind::no_connection:
      ++totals.connect_fails[end.error.message()];
      break;
    case WsEnd::Kind::refused:
      ++totals.refusals[end.http_status];
      break;
    case WsEnd::Kind::closed:
      ++totals.closes[end.close_code];
      break;
    case WsEnd::Kind::broken:
      ++totals.breaks[end.error.message()];
      break;
    }
  });
  if (end.kind != WsEnd::Kind::no_connection) return;
  static std::once_flag said; // by the first of thousands
  if (const auto hint = hint_for(end.error); !hint.empty())
    std::call_once(said, [&] { fmt::print(stderr, "\nnvrhub simulate: {}\n", hint); });
}

} // namespace nvrhub::app::sim
