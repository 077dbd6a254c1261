// The part of nvr.hpp that handles lost connections and reconnects.
#include <algorithm>
#include <cstdio>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "simulate/limits.hpp"
#include "simulate/nvr/nvr.hpp"

namespace nvrhub::simulate {

using std::chrono::milliseconds;

namespace {

constexpr auto stable_after = std::chrono::seconds(5); // online this long: the next failure starts a new backoff

} // namespace

/// Churn: ends the connection as the model decides, with or without a close frame.
void Nvr::drop() {
  const auto drop = drop_;
  drop.clean ? link_->close(1000) : link_->abort();
  stats_.update([&](Totals& totals) { ++(drop.clean ? totals.drops_clean : totals.drops_abrupt); });
  lose_connection();
  reconnect_in(drop.away);
}

void Nvr::lose_connection() {
  stats_.update([&](Totals& totals) {
    if (state_ == State::online) --totals.online;
    totals.cut_off += sent_.size();
  });
  if (state_ == State::online && Clock::now() - online_since_ > stable_after) backoff_.reset();
  if (state_ == State::connecting) throttle_.done();
  simulation_.tracker.connection_lost(index_);
  sent_.clear();
  deferred_ = false;
  link_.reset();
  state_ = State::down;
  ++timer_round_;
}

void Nvr::reconnect_in(milliseconds delay) {
  if (!finishing_) wait_until(Clock::now() + delay);
}

void Nvr::on_end(const client::WsEnd& end) {
  count_disconnect(end);
  lose_connection();
  if (!finishing_) schedule_reconnect(end);
}

/// To any of the others: those of a server that died must not all go to the same one.
void Nvr::change_server() {
  const std::size_t others = simulation_.targets.size() - 1;
  if (others == 0) return;
  const auto step = static_cast<std::size_t>(jitter_.uniform() * static_cast<double>(others));
  server_ = (server_ + 1 + std::min(step, others - 1)) % (others + 1);
}

void Nvr::schedule_reconnect(const client::WsEnd& end) {
  using client::Backoff;
  using client::Reconnect;
  change_server();
  const auto retry_after = std::exchange(retry_after_, std::nullopt);
  const auto reconnect =
      end.kind == client::WsEnd::Kind::closed ? client::reconnect_after_close(end.close_code) : Reconnect::soon;
  if (reconnect == Reconnect::never) {
    state_ = State::stopped;
    return stats_.update([](Totals& totals) { ++totals.gave_up; });
  }
  const auto hint = retry_after ? retry_after : end.retry_after;
  if (hint) return reconnect_in(Backoff::after_hint(*hint, jitter_.uniform()));
  const bool unauthorized =
      end.kind == client::WsEnd::Kind::refused && (end.http_status == 401 || end.http_status == 403);
  if (reconnect == Reconnect::later || unauthorized) return reconnect_in(Backoff::after_refusal(jitter_.uniform()));
  reconnect_in(backoff_.next(jitter_.uniform()));
}

void Nvr::count_disconnect(const client::WsEnd& end) {
  stats_.update([&](Totals& totals) {
    switch (end.kind) {
    case client::WsEnd::Kind::no_connection:
      ++totals.connect_fails[end.error.message()];
      break;
    case client::WsEnd::Kind::refused:
      ++totals.refusals[end.http_status];
      break;
    case client::WsEnd::Kind::closed:
      ++totals.closes[end.close_code];
      break;
    case client::WsEnd::Kind::broken:
      ++totals.breaks[end.error.message()];
      break;
    }
  });
  if (end.kind != client::WsEnd::Kind::no_connection) return;
  static std::once_flag printed; // thousands of NVRs may fail at once
  if (const auto hint = hint_for(end.error); !hint.empty())
    std::call_once(printed, [&] { std::fputs(fmt::format("\nnvrhub simulate: {}\n", hint).c_str(), stderr); });
}

} // namespace nvrhub::simulate
