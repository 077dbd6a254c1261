#include "net/deadlines.hpp"

namespace nvrhub::net {

void Deadlines::set(Deadline& what, MonoTime at) {
  clear(what);
  by_time_.emplace(at, &what);
  by_owner_.emplace(&what, at);
}

void Deadlines::clear(Deadline& what) {
  const auto found = by_owner_.lower_bound({&what, MonoTime::min()});
  if (found == by_owner_.end() || found->first != &what) return;
  by_time_.erase({found->second, &what});
  by_owner_.erase(found);
}

void Deadlines::run(MonoTime now) {
  while (!by_time_.empty() && by_time_.begin()->first <= now) {
    Deadline& due = *by_time_.begin()->second;
    clear(due);
    due.on_deadline(now);
  }
}

} // namespace nvrhub::net
