#include "net/reactor/timer_queue.hpp"

namespace nvrhub::net {

void TimerQueue::set(TimerTarget& what, MonoTime at) {
  clear(what);
  by_time_.emplace(at, &what);
  by_owner_.emplace(&what, at);
}

void TimerQueue::clear(TimerTarget& what) {
  const auto found = by_owner_.lower_bound({&what, MonoTime::min()});
  if (found == by_owner_.end() || found->first != &what) return;
  by_time_.erase({found->second, &what});
  by_owner_.erase(found);
}

void TimerQueue::postpone(MonoTime::duration by) {
  decltype(by_time_) moved;
  by_owner_.clear();
  for (const auto& [at, what] : by_time_) {
    moved.emplace_hint(moved.end(), at + by, what);
    by_owner_.emplace(what, at + by);
  }
  by_time_.swap(moved);
}

void TimerQueue::run(MonoTime now) {
  while (!by_time_.empty() && by_time_.begin()->first <= now) {
    TimerTarget& due = *by_time_.begin()->second;
    clear(due);
    due.on_timer(now);
  }
}

} // namespace nvrhub::net
