#include "cluster/overview.hpp"

#include <thread>
#include <utility>

#include "cluster/ask.hpp"
#include "cluster/random.hpp"

namespace nvrhub::cluster {
namespace {

using namespace std::chrono_literals;

Error no_answer(LogThread& thread) {
  const std::string problem = health_of(thread).problem;
  return {Errc::unavailable, problem.empty() ? std::string("etcd did not answer in time") : problem};
}

template <class T, class Call>
Result<T> ask_or_fail(LogThread& thread, const GiveUp& give_up, Call call) {
  const auto answer = ask<log::Result<T>>(thread, give_up, std::move(call));
  if (!answer) return tl::make_unexpected(no_answer(thread));
  if (!*answer) return tl::make_unexpected(to_error(answer->error()));
  return **answer;
}

} // namespace

Result<Overview> read_overview(log::etcd::Options options, std::chrono::milliseconds limit) {
  options.origin = {"overview", random_number()}; // which never joins
  auto thread = LogThread::start(std::move(options));
  if (!thread) return tl::make_unexpected(thread.error());
  LogThread& log_thread = **thread;
  const GiveUp give_up = after(limit);
  Overview overview;
  const auto founded = ask_or_fail<std::optional<log::Founded>>(
      log_thread, give_up, [](log::Log& log, const auto& done) { log.identity(done); });
  if (!founded) return tl::make_unexpected(founded.error());
  const auto members = ask_or_fail<std::vector<log::Member>>(
      log_thread, give_up, [](log::Log& log, const auto& done) { log.members(done); });
  if (!members) return tl::make_unexpected(members.error());
  overview.founded = *founded;
  overview.members = *members;
  while (overview.etcd.version.empty() && !give_up()) { // the first status may come later than these answers
    overview.etcd = health_of(log_thread);
    if (overview.etcd.version.empty()) std::this_thread::sleep_for(20ms);
  }
  return overview;
}

} // namespace nvrhub::cluster
