#pragma once

#include <cstddef>
#include <deque>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>

#include "app/simulate/latency.hpp"

namespace nvrhub::app::sim {

using Timer =
    boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, boost::asio::io_context::executor_type>;

/// Who waits to connect.
class Connecting {
public:
  virtual void connect() = 0;

protected:
  ~Connecting() = default;
};

/// Lets connections start in the order of asking, so many per second, so many under way at a time: a listen queue is
/// short, and a thousand SYNs at once cost each a retransmission's second. Single-threaded.
class ConnectGate {
public:
  /// `per_second` 0: no pace.
  ConnectGate(boost::asio::io_context& context, std::size_t max_under_way, double per_second);

  /// `who` must live until its `connect` was called or the gate is `close`d.
  void ask(Connecting& who);
  /// Called once for each `connect`, when the handshake is over, whatever its end.
  void done();
  /// Forgets who waits; nobody connects any more.
  void close();

private:
  void pump();

  Timer timer_;
  std::size_t max_under_way_;
  Clock::duration pace_{0};
  std::deque<Connecting*> waiting_;
  std::size_t under_way_ = 0;
  TimePoint next_;
  bool timing_ = false;
  bool closed_ = false;
};

} // namespace nvrhub::app::sim
