#include "simulate/nvr/nvr.hpp"

#include <algorithm>
#include <utility>

namespace nvrhub::simulate {

using std::chrono::milliseconds;

namespace {

constexpr auto connect_timeout = std::chrono::seconds(30); // connect, upgrade and auth together
constexpr auto pause_after_error = milliseconds(1'000);    // flat out
constexpr auto close_timeout = std::chrono::seconds(1);    // for the close after a refused auth

} // namespace

Nvr::Nvr(boost::asio::io_context& context, ConnectThrottle& throttle, Stats& stats, Simulation& simulation,
         std::uint32_t index)
    : throttle_(throttle), stats_(stats), simulation_(simulation), index_(index), model_(simulation.fleet, index),
      jitter_(simulation.fleet.seed * 0x2545f4914f6cdd1d + index), timer_(context) {}

void Nvr::start() {
  if (finishing_ || state_ == State::stopped) return;
  state_ = State::queued;
  throttle_.request(*this);
}

void Nvr::connect() {
  state_ = State::connecting;
  const Target& target = simulation_.targets[server_];
  link_ = client::open_ws(timer_.get_executor().context(), target.server, target.endpoint, ws_request(target.nvr_path),
                          *this);
  wait_until(Clock::now() + connect_timeout);
}

void Nvr::on_open() {
  throttle_.done();
  state_ = State::authenticating;
  const std::uint64_t id = next_id_++;
  const auto now = Clock::now();
  sent_.push_back({.id = id, .at = now, .changed = 0});
  simulation_.tracker.sent(index_, id, true, now);
  link_->send(simulation_.frames.auth(index_, model_, simulation_.options.server.token, id));
  stats_.update([](Totals& totals) { ++totals.auths; });
}

void Nvr::on_text(std::string_view text) {
  const auto now = Clock::now();
  const auto in = parse_incoming(text);
  if (!in) return stats_.update([](Totals& totals) { ++totals.not_understood; });
  switch (in->type) {
  case Incoming::Type::auth_ok:
    return on_auth_ok(*in, now);
  case Incoming::Type::ack:
    return on_ack(*in, now);
  case Incoming::Type::error:
    return on_error(*in);
  default:
    return;
  }
}

void Nvr::on_auth_ok(const Incoming& in, TimePoint now) {
  if (state_ != State::authenticating || sent_.empty()) return;
  const Sent auth = sent_.front();
  sent_.erase(sent_.begin());
  stats_.update([&](Totals& totals) {
    totals.auth.record(now - auth.at);
    totals.skipped += in.skipped;
    ++totals.auth_oks;
    ++totals.online;
    if (was_online_) {
      ++totals.reconnects;
    } else {
      ++totals.answered_ever;
      totals.last_first_auth = now;
    }
  });
  simulation_.tracker.acked(index_, auth.id, in.seq, in.cameras_updated);
  was_online_ = true;
  online_since_ = now;
  state_ = State::online;
  retry_after_.reset();
  next_drop_ = TimePoint::max();
  if (const double churn = simulation_.options.churn; churn > 0) {
    drop_ = model_.next_drop(churn);
    next_drop_ = now + drop_.after;
  }
  // A random point in the interval: the fleet's reports spread over it even if all NVRs connect at once.
  next_beat_ = now + std::chrono::duration_cast<Clock::duration>(simulation_.options.interval * jitter_.uniform());
  if (!simulation_.options.flat_out) return schedule();
  next_beat_ = TimePoint::max();
  schedule();
  beat();
}

void Nvr::on_ack(const Incoming& in, TimePoint now) {
  const auto sent = std::find_if(sent_.begin(), sent_.end(), [&](const Sent& s) { return s.id == in.id; });
  if (sent == sent_.end()) return;
  const Sent report = *sent;
  sent_.erase(sent);
  retry_after_.reset();
  stats_.update([&](Totals& totals) {
    totals.ack.record(now - report.at);
    totals.skipped += in.skipped;
    ++totals.acks;
    if (in.cameras_updated != report.changed) ++totals.miscounted;
  });
  if (report.changed > 0) simulation_.tracker.acked(index_, in.id, in.seq, in.cameras_updated);
  if (simulation_.options.flat_out) beat();
}

void Nvr::on_error(const Incoming& in) {
  stats_.update([&](Totals& totals) { ++totals.errors[in.code]; });
  retry_after_ = in.retry_after;
  const auto sent = std::find_if(sent_.begin(), sent_.end(), [&](const Sent& s) { return s.id == in.id; });
  if (sent == sent_.end()) return;
  simulation_.tracker.refused(index_, in.id);
  sent_.erase(sent);
  const auto now = Clock::now();
  if (state_ == State::authenticating) return wait_until(now + close_timeout);
  if (state_ != State::online) return;
  const auto pause = retry_after_.value_or(simulation_.options.flat_out ? pause_after_error : milliseconds(0));
  const bool waiting = next_beat_ != TimePoint::max();
  next_beat_ = waiting ? std::max(next_beat_, now + pause) : now + pause;
  schedule();
}

void Nvr::beat() {
  if (state_ != State::online || finishing_) return;
  if (link_->busy()) {
    if (!std::exchange(deferred_, true)) stats_.update([](Totals& totals) { ++totals.delayed; });
    return;
  }
  deferred_ = false;
  const std::uint32_t changed = model_.step();
  const std::uint64_t id = next_id_++;
  auto frame = simulation_.frames.heartbeat(index_, model_, id, std::chrono::system_clock::now());
  const auto now = Clock::now();
  sent_.push_back({.id = id, .at = now, .changed = changed});
  if (changed > 0) simulation_.tracker.sent(index_, id, false, now);
  link_->send(std::move(frame));
  stats_.update([&](Totals& totals) {
    ++totals.reports;
    if (changed > 0) ++totals.changes;
  });
}

void Nvr::on_sent() {
  if (deferred_) beat();
}

void Nvr::wait_until(TimePoint when) {
  timer_.expires_at(when);
  timer_.async_wait([this, round = ++timer_round_](const boost::system::error_code& error) {
    if (!error && round == timer_round_) on_timer();
  });
}

void Nvr::schedule() {
  wait_until(std::min(next_beat_, next_drop_));
}

/// The interval ± 10 %, so that NVRs do not report in lockstep.
Clock::duration Nvr::beat_pause() {
  return std::chrono::duration_cast<Clock::duration>(simulation_.options.interval * (0.9 + 0.2 * jitter_.uniform()));
}

void Nvr::on_timer() {
  switch (state_) {
  case State::down:
    return start();
  case State::connecting:
  case State::authenticating:
    if (state_ == State::connecting || !sent_.empty()) stats_.update([](Totals& totals) { ++totals.timeouts; });
    link_->abort();
    lose_connection();
    return schedule_reconnect({});
  case State::online:
    break;
  default:
    return;
  }
  const auto now = Clock::now();
  if (now >= next_drop_) return drop();
  if (now >= next_beat_) {
    beat();
    next_beat_ = simulation_.options.flat_out ? TimePoint::max() : next_beat_ + beat_pause();
  }
  schedule();
}

void Nvr::finish() {
  finishing_ = true;
  ++timer_round_;
  timer_.cancel();
}

std::size_t Nvr::unanswered() const {
  return link_ ? sent_.size() : 0;
}

void Nvr::hang_up() {
  if (!link_) return;
  link_->close(1000);
  link_.reset();
}

} // namespace nvrhub::simulate
