#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fleet/event.hpp"
#include "fleet/nvr.hpp"
#include "store/backend.hpp"
#include "store/error.hpp"

namespace nvrhub::store {

/// Names this data directory's sequence (protocol.md, "Words"): 16 hex digits.
using Epoch = std::string;

struct Counts {
  std::uint64_t nvrs_online = 0;
  std::uint64_t nvrs_offline = 0;
  std::uint64_t cameras_online = 0;
  std::uint64_t cameras_offline = 0;
  std::uint64_t cameras_other = 0;

  friend bool operator==(const Counts&, const Counts&) = default;
};

/// What an NVR's owner wants written, whole or not at all.
struct Write {
  fleet::NvrId nvr_id = 0;          // 0: new; the first event must be `registered` and gives it a number
  fleet::SessionNumber session = 0; // refused with Errc::fenced if older than the NVR's last write; 0: no session
  fleet::WallMillis last_seen = 0;  // 0: as it was
  std::vector<fleet::Event> events; // of this NVR, in order; `at` is a wish, `seq` is given by the commit
  // With events `admin`, which are of no NVR: the access tokens that the log has told of by then, and not taken back.
  std::optional<std::vector<std::string>> tokens_told;
};

/// What a server writes down every few seconds, events or not.
struct Mark {
  fleet::WallMillis now = 0;
  fleet::WallMillis keep_from = 0; // runs and samples that are older are dropped, some at a time
  bool was_away = false; // nobody watched the fleet since the last mark: the process or its clock was elsewhere
  std::span<const std::pair<fleet::NvrId, fleet::WallMillis>> seen; // last_seen of NVRs; unknown ids are passed over
};

/// The state and the log of one instant: one read transaction. Cheap to make; do not keep it for long (it pins the
/// pages that it sees). Any thread may use it, one at a time.
class Snapshot {
public:
  explicit Snapshot(std::unique_ptr<ReadTxn> txn) : txn_(std::move(txn)) {}

  Result<fleet::Seq> head() const;      // seq of the last event; 0: none yet
  Result<fleet::Seq> log_begin() const; // seq of the first event still kept (head + 1 if none)
  Result<Epoch> epoch() const;
  Result<Counts> counts() const;
  Result<std::optional<fleet::NvrId>> id_of(std::string_view hostname) const;
  Result<std::optional<fleet::Nvr>> nvr(fleet::NvrId id) const; // with effective statuses, see fleet/nvr.hpp
  /// Calls `visit` for each NVR with an id above `after`, in order, until it returns false.
  Result<void> each_nvr(fleet::NvrId after, const std::function<bool(fleet::Nvr&&)>& visit) const;
  /// The same without the cameras, which is far cheaper: their numbers stand in the facts, and last_seen is left out.
  Result<void> each_outline(fleet::NvrId after,
                            const std::function<bool(fleet::Nvr&&, const fleet::Facts&)>& visit) const;
  Result<std::optional<std::pair<fleet::Nvr, fleet::Facts>>> outline(fleet::NvrId id) const;
  /// Calls `visit` for each kept event with `since` < seq <= `upto`, in order, until it returns false. With `nvr`, only
  /// that NVR's events.
  Result<void> each_event(fleet::Seq since, fleet::Seq upto, std::optional<fleet::NvrId> nvr,
                          const std::function<bool(fleet::Event&&)>& visit) const;
  /// Ids of the access tokens that events told of (Write::tokens_told).
  Result<std::vector<std::string>> tokens_told() const;
  ReadTxn& txn() const { return *txn_; }

private:
  std::unique_ptr<ReadTxn> txn_;
};

/// The state of the fleet and its log over a backend. Writes come from one thread; snapshot() from any.
class Store {
public:
  /// Lays the tables of an empty backend out, or checks the schema of a filled one. `new_epoch`: the directory was
  /// restored from a copy, so its sequence gets a new name.
  static Result<std::unique_ptr<Store>> open(std::unique_ptr<Backend> backend, bool new_epoch = false);

  Result<Snapshot> snapshot() const;

  /// Writes a batch in one durable transaction. On success every event of a Write whose outcome is good has its `seq`,
  /// `at` (never before the last event's) and `nvr_id`; outcomes[i] is the NVR's id, or why that Write alone was
  /// refused. On an error nothing was written and the batch may be tried again. An event `registered` must carry the
  /// whole NVR; it may change the hostname (a rename keeps the id; Errc::taken if it belongs to another).
  Result<void> commit(std::span<Write> batch, std::vector<Result<fleet::NvrId>>& outcomes);

  /// Moves the durable ceiling of session numbers up by `count`; returns the first number of the block: larger than
  /// any that was ever reserved.
  Result<fleet::SessionNumber> reserve_sessions(std::uint64_t count);

  /// Writes a mark in one transaction: the run that this Store's first mark began lasts until now, the fleet's numbers
  /// are these, and those NVRs were seen then. Times of marks never go back, nor behind the last event.
  Result<void> mark(const Mark& mark);

  /// Writes a checkpoint of each of these NVRs that has had enough events since its last one, until `most` NVRs and
  /// cameras are written; returns how many of `changed` were looked at.
  Result<std::size_t> checkpoint(std::span<const fleet::NvrId> changed, std::size_t most);

  /// Moves events older than `before` out of the log into the base state, at most `limit` of them; returns how many.
  Result<std::uint64_t> prune(fleet::WallMillis before, std::uint64_t limit);

  /// Gives memory back that reading has taken (Backend::let_go).
  void let_go() { backend_->let_go(); }

private:
  explicit Store(std::unique_ptr<Backend> backend) : backend_(std::move(backend)) {}

  std::unique_ptr<Backend> backend_;
  std::uint64_t run_ = 0; // the writer's own: the run that its first mark began; 0: none yet
};

} // namespace nvrhub::store
