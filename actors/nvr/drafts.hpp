#pragma once

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "fleet/event.hpp"
#include "store/error.hpp"

namespace nvrhub::actors {

/// What an NVR actor has drafted and the store has not decided on: how to draft it again, and who waits for it. The
/// problem it solves: if the NVR has changed since (Errc::stale), e.g. through another server, its events are wrong,
/// but what they were drafted for is not. A report or a change over HTTP is then drafted again on the new state, and
/// only after several attempts refused.
///
/// One write is in flight at most; what is drafted meanwhile is pending, and depends on the write in flight.
/// Memory: an idle actor has no Drafts. While a commit takes long, reports keep coming: beyond max_kept the drafts are
/// forgotten, and a stale write is refused at once; the next report repairs what is lost.
class Drafts {
public:
  /// Called when the change is durable (with the head that contains it), or refused by the store.
  using Waiter = std::function<void(const store::Result<fleet::Seq>&)>;
  /// Drafts a change. False: it was refused and answered, so it need not be kept.
  using Redo = std::function<bool()>;

  static constexpr std::size_t max_kept = 4; // pending drafts, without those that are drafted again
  static constexpr unsigned max_attempts = 3;

  void keep(Redo redo);
  void keep_again(Redo redo) { pending_.redo.push_back(std::move(redo)); }
  /// One of the pending drafts cannot be kept.
  void forget();
  void wait_for_flight(Waiter waiter) { in_flight_.waiters.push_back(std::move(waiter)); }
  void wait_for_pending(Waiter waiter) { pending_.waiters.push_back(std::move(waiter)); }

  /// The pending drafts are sent to the store. REQUIRES: nothing is in flight.
  void sent();
  /// The write in flight is durable: the waiters to call.
  std::vector<Waiter> written();
  /// Nothing is in flight, and nothing is left to write: the waiters to call.
  std::vector<Waiter> dropped();
  /// Everything is refused: the waiters to call.
  std::vector<Waiter> refused();

  /// The write in flight was outdated. False: it cannot be drafted again, refuse it. `counts`: towards max_attempts.
  bool retry(bool counts = true);
  /// What is to be drafted again after retry(), in order, when the state has been loaded. Its former waiters are
  /// forgotten: each Redo adds its own.
  std::vector<Redo> take_again();

  /// No draft is kept and no waiter is registered.
  bool empty() const { return in_flight_.empty() && pending_.empty(); }

private:
  struct Group {
    std::vector<Redo> redo;
    std::vector<Waiter> waiters;
    bool is_forgotten = false; // `redo` is not complete
    bool empty() const { return redo.empty() && waiters.empty(); }
  };

  Group in_flight_; // after retry(): all that is to be drafted again
  Group pending_;
  unsigned attempts_ = 0; // of the write in flight
};

} // namespace nvrhub::actors
