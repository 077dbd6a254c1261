#pragma once

#include <cstddef>
#include <deque>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>

#include "simulate/measure/latency.hpp"

namespace nvrhub::simulate {

using Timer =
    boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, boost::asio::io_context::executor_type>;

/// A client that waits for its turn to connect.
class ConnectWaiter {
public:
  virtual void connect() = 0;

protected:
  ~ConnectWaiter() = default;
};

/// Starts connections in the order of their requests, at a limited rate and with a limited number in flight: a listen
/// queue is short, and of a thousand SYNs at once many wait a second for their retransmission.
/// THREADS: one thread.
class ConnectThrottle {
public:
  /// `per_second` 0: no limit of the rate.
  ConnectThrottle(boost::asio::io_context& context, std::size_t max_in_flight, double per_second);

  /// REQUIRES: `waiter` lives until its `connect` is called or `close` is.
  void request(ConnectWaiter& waiter);
  /// Call it once for each `connect`, when the handshake has succeeded or failed.
  void done();
  /// Drops all waiters; no further `connect` is called.
  void close();

private:
  void start_next();

  Timer timer_;
  std::size_t max_in_flight_;
  Clock::duration pace_{0};
  std::deque<ConnectWaiter*> waiting_;
  std::size_t in_flight_ = 0;
  TimePoint next_;
  bool timing_ = false;
  bool closed_ = false;
};

} // namespace nvrhub::simulate
