#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "fleet/availability.hpp"
#include "store/store.hpp"

namespace nvrhub::store {

/// The fleet's counts at one time, after event `head`.
struct Sample {
  fleet::WallMillis at = 0;
  fleet::Seq head = 0;
  Counts counts;
};

/// The past as seen by a Snapshot: states after any retained event, events by time and in reverse, and server runs.
/// States are replayed from checkpoints, so none is kept in memory.
///
/// REQUIRES: the snapshot outlives it. THREADS: those of the snapshot.
/// ERRORS: Errc::not_found if the requested history was pruned; otherwise those of Snapshot.
class History {
public:
  explicit History(const Snapshot& snapshot) : txn_(snapshot.txn()) {}

  /// The first instant whose state is known; 0: none.
  Result<fleet::WallMillis> begin() const;
  /// The seq of the last event at or before `time`; log_begin - 1: none. `min_seq` is a known lower bound of the result
  /// and shortens the search.
  Result<fleet::Seq> seq_at(fleet::WallMillis time, fleet::Seq min_seq = 0) const;

  /// The NVR after event `seq`. last_seen and session are 0: events do not have them.
  Result<std::optional<fleet::Nvr>> nvr_at(fleet::NvrId id, fleet::Seq seq) const;
  /// Calls `visit` for each NVR after event `seq` with an id > `after`, by ascending id, until it returns false.
  Result<void> each_nvr_at(fleet::NvrId after, fleet::Seq seq, const std::function<bool(fleet::Nvr&&)>& visit) const;

  /// As Snapshot::each_event, newest first.
  Result<void> each_event_reverse(fleet::Seq since, fleet::Seq upto, std::optional<fleet::NvrId> nvr,
                                  const std::function<bool(fleet::Event&&)>& visit) const;
  /// The last retained nvr_offline event of an NVR with a seq <= `upto`.
  Result<std::optional<fleet::Event>> last_offline(fleet::NvrId id, fleet::Seq upto) const;

  /// The times in which a server ran, without those that ended before `since`. The last run is always included: it may
  /// still continue, and ends here at its last liveness record.
  Result<std::vector<fleet::Span>> runs(fleet::WallMillis since) const;
  /// The last sample at or before `time`.
  Result<std::optional<Sample>> sample_at(fleet::WallMillis time) const;
  /// The last NVR that was removed with this hostname, while its history is retained.
  Result<std::optional<fleet::NvrId>> former_id_of(std::string_view hostname) const;

private:
  ReadTxn& txn_;
};

} // namespace nvrhub::store
