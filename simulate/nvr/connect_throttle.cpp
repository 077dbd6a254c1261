#include "simulate/nvr/connect_throttle.hpp"

#include <algorithm>
#include <chrono>

namespace nvrhub::simulate {

namespace {

constexpr auto burst = std::chrono::milliseconds(20); // catch-up after a late timer

} // namespace

ConnectThrottle::ConnectThrottle(boost::asio::io_context& context, std::size_t max_in_flight, double per_second)
    : timer_(context), max_in_flight_(std::max<std::size_t>(1, max_in_flight)), next_(Clock::now()) {
  if (per_second > 0)
    pace_ = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / per_second));
}

void ConnectThrottle::request(ConnectWaiter& waiter) {
  if (closed_) return;
  waiting_.push_back(&waiter);
  start_next();
}

void ConnectThrottle::done() {
  --in_flight_;
  start_next();
}

void ConnectThrottle::close() {
  closed_ = true;
  waiting_.clear();
  timer_.cancel();
}

void ConnectThrottle::start_next() {
  while (!timing_ && !waiting_.empty() && in_flight_ < max_in_flight_) {
    if (const auto now = Clock::now(); pace_ > Clock::duration::zero()) {
      if (next_ > now) {
        timing_ = true;
        timer_.expires_at(next_);
        timer_.async_wait([this](const boost::system::error_code&) {
          timing_ = false;
          start_next();
        });
        return;
      }
      next_ = std::max(next_, now - burst) + pace_;
    }
    ConnectWaiter* waiter = waiting_.front();
    waiting_.pop_front();
    ++in_flight_;
    waiter->connect();
  }
}

} // namespace nvrhub::simulate
