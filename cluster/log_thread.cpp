#include "cluster/log_thread.hpp"

#include <csignal>
#include <utility>

#include <boost/asio/post.hpp>
#include <pthread.h>

namespace nvrhub::cluster {

Result<std::unique_ptr<LogThread>> LogThread::start(log::etcd::Options options) {
  std::unique_ptr<LogThread> made(new LogThread());
  auto log = log::etcd::make_etcd_log(made->io_, std::move(options));
  if (!log) return fail(Errc::refused, log.error().message);
  made->log_ = std::move(*log);
  sigset_t all; // signals are for the threads of the program
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  made->thread_ = std::thread([io = &made->io_] { io->run(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return made;
}

LogThread::~LogThread() {
  stop();
}

void LogThread::post(std::function<void()> call) {
  boost::asio::post(io_, std::move(call));
}

void LogThread::stop() {
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

} // namespace nvrhub::cluster
