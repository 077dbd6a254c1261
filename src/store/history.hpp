#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "fleet/availability.hpp"
#include "store/store.hpp"

namespace nvrhub::store {

/// The fleet in numbers, at a time.
struct Sample {
  fleet::WallMillis at = 0;
  fleet::Seq head = 0;
  Counts counts;
};

/// What a Snapshot tells of the past: states that the log made, the log by time and backwards, and when a server ran.
/// What is older than the kept log is Errc::not_found. Lives no longer than the snapshot.
class History {
public:
  explicit History(const Snapshot& snapshot) : txn_(snapshot.txn()) {}

  /// The first instant whose state can be told.
  Result<fleet::WallMillis> begin() const;
  /// The last event at or before `time`; log_begin - 1 if none is kept. `least`, if it is known that the answer is not
  /// below, saves time.
  Result<fleet::Seq> seq_at(fleet::WallMillis time, fleet::Seq least = 0) const;

  /// The NVR as event `seq` of the fleet left it. last_seen and session are 0: they are no events'.
  Result<std::optional<fleet::Nvr>> nvr_at(fleet::NvrId id, fleet::Seq seq) const;
  /// Calls `visit` for each NVR of that state with an id above `after`, in order, until it returns false.
  Result<void> each_nvr_at(fleet::NvrId after, fleet::Seq seq, const std::function<bool(fleet::Nvr&&)>& visit) const;

  /// As Snapshot::each_event, the newest first.
  Result<void> each_event_back(fleet::Seq since, fleet::Seq upto, std::optional<fleet::NvrId> nvr,
                               const std::function<bool(fleet::Event&&)>& visit) const;
  /// The last kept event of an NVR at or before `upto` that took it offline.
  Result<std::optional<fleet::Event>> last_offline(fleet::NvrId id, fleet::Seq upto) const;

  /// The times in which a server ran. Those that ended before `since` are left out, but for the last: it may go on, and
  /// ends here with its last mark.
  Result<std::vector<fleet::Span>> runs(fleet::WallMillis since) const;
  /// The last one at or before `time`.
  Result<std::optional<Sample>> sample_at(fleet::WallMillis time) const;
  /// The last NVR that was removed under this hostname, if history of it is kept.
  Result<std::optional<fleet::NvrId>> former_id_of(std::string_view hostname) const;

private:
  ReadTxn& txn_;
};

} // namespace nvrhub::store
