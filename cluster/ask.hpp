#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "cluster/error.hpp"
#include "cluster/log_thread.hpp"

namespace nvrhub::cluster {

/// Called ten times a second by those who wait for etcd; true: they give up.
using GiveUp = std::function<bool()>;

/// Gives up after `limit`.
GiveUp after(std::chrono::milliseconds limit);

Error to_error(const log::Error& error);

/// Calls the log on its thread and blocks until it has answered. `call` gets the log and the handler of the answer.
/// nullopt: gave up; the handler may still run, to no effect.
template <class Answer, class Call>
std::optional<Answer> ask(LogThread& thread, const GiveUp& give_up, Call call) {
  struct Waiting {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<Answer> answer;
  };
  const auto waiting = std::make_shared<Waiting>();
  thread.post([&thread, waiting, call = std::move(call)] {
    call(thread.log(), [waiting](const Answer& answer) {
      const std::lock_guard lock(waiting->mutex);
      waiting->answer = answer;
      waiting->changed.notify_all();
    });
  });
  std::unique_lock lock(waiting->mutex);
  while (!waiting->answer) {
    waiting->changed.wait_for(lock, std::chrono::milliseconds(100));
    if (waiting->answer) break;
    lock.unlock();
    if (give_up && give_up()) return std::nullopt;
    lock.lock();
  }
  return std::move(waiting->answer);
}

/// Waits a moment, at most; without an answer of the thread the initial value.
log::Health health_of(LogThread& thread);

} // namespace nvrhub::cluster
