#pragma once

#include <cstddef>
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
#include "fleet/server_clock.hpp"
#include "store/backend.hpp"
#include "store/error.hpp"
#include "store/log_entry.hpp"
#include "store/pending_operations.hpp"

namespace nvrhub::store {

/// Identifies the event sequence of a data directory (protocol.md, "Terms"): 16 hex digits.
using Epoch = std::string;

/// Fleet totals, by effective status.
struct Counts {
  std::uint64_t nvrs_online = 0;
  std::uint64_t nvrs_offline = 0;
  std::uint64_t cameras_online = 0;
  std::uint64_t cameras_offline = 0;
  std::uint64_t cameras_other = 0;

  friend bool operator==(const Counts&, const Counts&) = default;
};

/// In a cluster the store has the access tokens, under this prefix and their id, so that those that one server makes or
/// revokes are those of all. Empty: the token is revoked; later values of it are ignored.
inline constexpr std::string_view token_prefix = "token/";

/// One record of the alert engine, or of a token (Table::alerts).
inline constexpr std::size_t max_alert_key = 500;
struct AlertWrite {
  std::string key;                  // 1 to max_alert_key bytes
  std::optional<std::string> value; // nullopt: the record is removed
};

/// One NVR's change. Applied completely or not at all.
struct Write {
  fleet::NvrId nvr_id = 0;          // 0: new NVR; REQUIRES that the first event is `registered`; commit() sets the id
  fleet::NvrVersion drafted_on = 0; // Errc::stale unless it is the NVR's version; 0: not checked
  fleet::NvrVersion version = 0;    // commit() sets it: of the NVR after an accepted Write; 0: it has none
  fleet::SessionNumber session = 0; // Errc::fenced if older than the session of the NVR's last write; 0: no session
  fleet::WallMillis last_seen = 0;  // 0: unchanged
  std::vector<fleet::Event> events; // of this NVR, in order; commit() sets `seq` and may raise `at`
  // Only with `admin` events, which like those of kind `alert` belong to no NVR: ids of the access tokens that are
  // valid after these events.
  std::optional<std::vector<std::string>> tokens_logged;
  std::vector<AlertWrite> alerts; // only in a write that concerns no NVR
};

/// Written every few seconds, with or without events, so that the history shows when a server was running.
struct LivenessRecord {
  fleet::WallMillis now = 0;
  fleet::WallMillis keep_from = 0;  // older runs and samples are deleted, a limited number per record
  fleet::WallMillis vouched = 0;    // see fleet::ServerClock::vouched(); 0: unchanged
  bool begins_run = false;          // the first record of a server that has started
  bool clock_discontinuity = false; // the process was suspended or the clock stepped since the last record: a new run
  std::vector<std::pair<fleet::NvrId, fleet::WallMillis>> seen; // last_seen of NVRs; unknown ids are ignored
  ChainLink applied{}; // of a node of a cluster: the last link of its store; other stores compare it with their own
  std::uint64_t dashboards = 0; // connected to a node of a cluster
};

/// What damage of one NVR's records (Errc::corrupt, Errc::schema) does to the batch that has a Write for it.
enum class OnDamage : std::uint8_t {
  refuse_write, // it is the outcome of this Write: on a single server one damaged NVR does not stop the others
  stop,         // the commit fails: on a node of a cluster, a refusal that other nodes do not share would split them
};

/// The result of an entry that was applied. The fields of other kinds keep their defaults.
struct Applied {
  bool skipped = false;                       // its position was applied before: nothing else is set
  OriginNumber origin = 0;                    // of the sender, if it is an entry of the log
  std::vector<Write> batch;                   // batch: the Writes, as commit() leaves them; expire: of the NVRs
  std::vector<Result<fleet::NvrId>> outcomes; // as of commit(); liveness: one if its sender's store differs
  fleet::SessionNumber first_session = 0;     // sessions: as of reserve_sessions()
  std::size_t examined = 0;                   // checkpoint: as of checkpoint()
  std::uint64_t pruned = 0;                   // prune: as of prune()
  std::vector<Result<Claimed>> claims;        // claims; Errc::fenced, malformed
  // liveness: as in the record; the position that the sender's store had
  std::vector<std::pair<fleet::NvrId, fleet::WallMillis>> seen{};
  LogPosition applied_by_sender = 0;
  std::uint64_t dashboards_of_sender = 0;
  std::vector<Origin> lost; // node_joined, node_lost: the origins that it made lost
  bool more = false;        // expire: NVRs of the origin are left for another entry
};

/// A consistent view of the state and the log at one instant (one read transaction). Cheap to create. Release it soon:
/// the store cannot reuse the pages that it pins.
///
/// THREADS: any thread, one at a time.
/// ERRORS: Errc::corrupt if a record fails its checksum; Errc::io if the file cannot be read.
class Snapshot {
public:
  explicit Snapshot(std::unique_ptr<ReadTxn> txn) : txn_(std::move(txn)) {}

  Result<fleet::Seq> head() const;      // seq of the last event; 0: no event yet
  Result<fleet::Seq> log_begin() const; // seq of the first retained event; head + 1: none
  Result<Epoch> epoch() const;
  Result<Counts> counts() const;
  Result<fleet::StoredTimes> times() const;
  Result<std::optional<fleet::NvrId>> id_of(std::string_view hostname) const;
  Result<std::optional<fleet::Nvr>> nvr(fleet::NvrId id) const; // with effective statuses, see fleet/nvr.hpp
  /// Calls `visit` for each NVR with an id greater than `after`, by ascending id, until it returns false.
  Result<void> each_nvr(fleet::NvrId after, const std::function<bool(fleet::Nvr&&)>& visit) const;
  /// As each_nvr, without cameras and last_seen, and much cheaper: the summary has the numbers of cameras.
  Result<void> each_nvr_summary(fleet::NvrId after,
                                const std::function<bool(fleet::Nvr&&, const fleet::NvrSummary&)>& visit) const;
  Result<std::optional<std::pair<fleet::Nvr, fleet::NvrSummary>>> nvr_summary(fleet::NvrId id) const;
  /// Calls `visit` for each retained event with `since` < seq <= `upto`, by ascending seq, until it returns false.
  /// `nvr`: only events of that NVR.
  Result<void> each_event(fleet::Seq since, fleet::Seq upto, std::optional<fleet::NvrId> nvr,
                          const std::function<bool(fleet::Event&&)>& visit) const;
  /// The record of the alert engine with this key, and all whose keys begin with `prefix`, by key.
  Result<std::optional<std::string>> alert(std::string_view key) const;
  Result<void> each_alert(std::string_view prefix,
                          const std::function<void(std::string_view key, std::string&& value)>& visit) const;
  /// Ids of the access tokens that the log records as valid (Write::tokens_logged).
  Result<std::vector<std::string>> tokens_logged() const;
  /// The cluster whose data these are; nullopt: none, as on a single server.
  Result<std::optional<ClusterId>> cluster() const;
  /// The last entry of the replicated log that was applied; position 0: none.
  Result<ChainLink> applied() const;
  /// Calls `visit` for each origin that is known, also those that are lost and not yet expired; boots of one node are
  /// adjacent.
  Result<void> each_origin(const std::function<void(const Origin&, const OriginState&)>& visit) const;
  /// Calls `visit` for each NVR that is online, with the origin that holds its session (0: none).
  Result<void> each_held(const std::function<void(fleet::NvrId, OriginNumber holder)>& visit) const;
  /// The origin that holds the newest session of an NVR. nullopt: none, an origin that has expired, or no such NVR.
  Result<std::optional<Origin>> holder(fleet::NvrId id) const;
  ReadTxn& txn() const { return *txn_; }

private:
  std::unique_ptr<ReadTxn> txn_;
};

/// The durable state of the fleet and its event log. The problem it solves: a server that is killed, or loses power, at
/// any point must restart with exactly the changes that it has acknowledged, and no session may overwrite a newer one.
///
///   auto directory = store::Directory::open("/var/lib/nvrhub");             // Result<std::unique_ptr<Directory>>
///   std::vector<Result<fleet::NvrId>> outcomes;
///   auto done = (*directory)->store().commit(batch, outcomes);              // batch: std::vector<Write>
///   if (done && outcomes[0]) publish(batch[0].events);                      // durable: may be acknowledged now
///   auto nvr = (*directory)->store().snapshot()->nvr(*outcomes[0]);         // Result<std::optional<fleet::Nvr>>
///
/// THREADS: one thread calls the functions that write; any thread calls snapshot().
/// ERRORS: functions return an Error and do not throw. After an error nothing was written; after Errc::io the same
/// call may succeed later.
/// OWNERSHIP: the store owns its backend; every Snapshot must be destroyed before it.
/// What the functions that write do is in commit/apply.hpp: they apply an entry (entry/entry.hpp) and commit it.
class Store {
public:
  /// Creates the tables of an empty backend, or checks the schema of an existing one (Errc::schema). `new_epoch`: the
  /// directory was restored from a copy, which is a sequence of its own, and so no longer that of a cluster.
  static Result<std::unique_ptr<Store>> open(std::unique_ptr<Backend> backend, bool new_epoch = false);

  Result<Snapshot> snapshot() const;

  /// Writes a batch in one durable transaction. outcomes[i] is the NVR id of batch[i], or the reason why only that
  /// Write was refused (Errc::fenced, stale, not_found, taken, malformed; with OnDamage::refuse_write also corrupt and
  /// schema); in an accepted Write every event has its `seq`, `nvr_id` and `at` (before neither the last event nor the
  /// last liveness record). On an error nothing was written and the batch may be retried. REQUIRES: a `registered`
  /// event has the complete NVR. It may change the hostname: a rename keeps the id (Errc::taken if another NVR has the
  /// hostname).
  Result<void> commit(std::span<Write> batch, std::vector<Result<fleet::NvrId>>& outcomes,
                      OnDamage on_damage = OnDamage::refuse_write);

  /// Reserves `count` session numbers durably; returns the first. It is greater than any number reserved before.
  Result<fleet::SessionNumber> reserve_sessions(std::uint64_t count);

  /// Writes, in one transaction: the current run lasts until `now`, a sample
  /// of the fleet's counts, and last_seen of NVRs. The recorded time never decreases and is never before the last
  /// event.
  Result<void> record_liveness(const LivenessRecord& liveness);

  /// Writes a checkpoint of each NVR in `changed` that has had enough events since its last one, until `max` NVRs and
  /// cameras are written; returns how many ids of `changed` were examined.
  Result<std::size_t> checkpoint(std::span<const fleet::NvrId> changed, std::size_t max);

  /// Moves events older than `before` from the log into the base state, at most `limit` of them; returns how many.
  Result<std::uint64_t> prune(fleet::WallMillis before, std::uint64_t limit);

  /// Decodes an entry (entry/codec.hpp) and applies it in one durable transaction: what the functions above do with the
  /// same arguments, in another process. It has no position and no origin: a claim needs no joining. ERRORS:
  /// Errc::malformed: not an entry, or of a newer version; else those of the function. Nothing was written then.
  Result<Applied> apply(std::string_view entry, OnDamage on_damage);

  /// Applies entries of the replicated log, in their order, in one durable transaction, which also stores the position,
  /// the chain hash and the number of the last entry of each origin. An entry whose position is not above the stored
  /// one was applied before and is skipped. One result per entry.
  /// ERRORS: nothing was written. Errc::io: the same call may succeed later. Others must stop the node:
  /// Errc::malformed: not an entry, or of a newer version; Errc::corrupt: damage of this store, or an entry is missing
  /// from the log. That the sender of a liveness record has applied other entries than this store is an outcome.
  Result<std::vector<Applied>> apply(std::span<const LogEntry> entries);

  /// Makes these the data of a cluster, once. ERRORS: Errc::taken: they are those of another one; Errc::malformed: no
  /// ClusterId.
  Result<void> set_cluster(const ClusterId& id);

  /// See Backend::release_memory.
  void release_memory() {
    const PendingOperations::Operation operation(operations_);
    backend_->release_memory();
  }

  /// The operations of this store that have not ended: those that write and, where its reader adds one, those that read
  /// a Snapshot.
  PendingOperations& operations() const { return operations_; }

private:
  explicit Store(std::unique_ptr<Backend> backend) : backend_(std::move(backend)) {}

  std::unique_ptr<Backend> backend_;
  mutable PendingOperations operations_;
};

} // namespace nvrhub::store
