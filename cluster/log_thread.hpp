#pragma once

#include <functional>
#include <memory>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "cluster/error.hpp"
#include "log/etcd/etcd_log.hpp"

namespace nvrhub::cluster {

/// A log and the thread on which all of its calls and handlers run. THREADS: any, except log() and io(), which are for
/// functions that were posted.
class LogThread {
public:
  /// ERRORS: refused: options of etcd that can't be used.
  static Result<std::unique_ptr<LogThread>> start(log::etcd::Options options);
  LogThread(const LogThread&) = delete;
  LogThread& operator=(const LogThread&) = delete;
  ~LogThread();

  /// Runs `call` on the thread, after what was posted before. Not run if stop() comes first.
  void post(std::function<void()> call);
  /// Returns when the thread has ended: nothing runs on it any more.
  void stop();

  log::Log& log() { return *log_; }
  boost::asio::io_context& io() { return io_; }

private:
  LogThread() = default;

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
  std::unique_ptr<log::Log> log_;
  std::thread thread_;
};

} // namespace nvrhub::cluster
