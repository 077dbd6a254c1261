#include "app/simulate/connect_gate.hpp"

#include <algorithm>
#include <chrono>

namespace nvrhub::app::sim {

namespace {

constexpr auto burst = std::chrono::milliseconds(20); // what a late timer may catch up with at once

} // namespace

ConnectGate::ConnectGate(boost::asio::io_context& context, std::size_t max_under_way, double per_second)
    : timer_(context), max_under_way_(std::max<std::size_t>(1, max_under_way)), next_(Clock::now()) {
  if (per_second > 0)
    pace_ = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / per_second));
}

void ConnectGate::ask(Connecting& who) {
  if (closed_) return;
  waiting_.push_back(&who);
  pump();
}

void ConnectGate::done() {
  --under_way_;
  pump();
}

void ConnectGate::close() {
  closed_ = true;
  waiting_.clear();
  timer_.cancel();
}

void ConnectGate::pump() {
  while (!timing_ && !waiting_.empty() && under_way_ < max_under_way_) {
    if (const auto now = Clock::now(); pace_ > Clock::duration::zero()) {
      if (next_ > now) {
        timing_ = true;
        timer_.expires_at(next_);
        timer_.async_wait([this](const boost::system::error_code&) {
          timing_ = false;
          pump();
        });
        return;
      }
      next_ = std::max(next_, now - burst) + pace_;
    }
    Connecting* who = waiting_.front();
    waiting_.pop_front();
    ++under_way_;
    who->connect();
  }
}

} // namespace nvrhub::app::sim
