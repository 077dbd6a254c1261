#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "fleet/event.hpp"
#include "store/records/tables.hpp"

namespace nvrhub::store {

/// Applies events to the records of one NVR in memory. Nothing is written to the transaction before flush(), so a
/// refused Write does not change it. Loads only the cameras that the events need.
class NvrUpdate {
public:
  static Result<NvrUpdate> load(ReadTxn& txn, const StateTables& tables, fleet::NvrId id);

  /// nullopt: the NVR does not exist, or was removed.
  const std::optional<NvrRecord>& record() const { return record_; }
  const std::optional<NvrRecord>& record_before() const { return before_; }

  /// Sets `from` of the event's camera changes. REQUIRES: `event` has its final seq and time. No effect if the NVR does
  /// not exist.
  Result<void> apply(ReadTxn& txn, fleet::Event& event);
  void set_session(fleet::SessionNumber session, OriginNumber holder) {
    record_->session = session;
    record_->holder = holder;
  }
  /// Call it once after the last change: advances the version if anything changed. No effect if the NVR does not exist.
  void advance_version();

  /// Writes the changed records: NVR, cameras and (in the current state) hostname.
  Result<void> flush(WriteTxn& txn) const;

private:
  struct Slot {
    CameraRecord record;
    bool stored = false; // the transaction has a record of this name
    bool dirty = false;
    bool removed = false;
  };

  NvrUpdate(const StateTables& tables, fleet::NvrId id) : tables_(tables), id_(id) {}

  Result<Slot*> find(ReadTxn& txn, std::string_view name); // nullptr: no such camera
  Result<void> load_all(ReadTxn& txn);
  Result<void> resolve_all(ReadTxn& txn);
  Result<void> change_cameras(ReadTxn& txn, fleet::Event& event);
  Result<void> go_offline(ReadTxn& txn, const fleet::Event& event);
  Result<void> replace(ReadTxn& txn, const fleet::Event& event);
  void assign(Slot& slot, const fleet::Camera& camera, fleet::Seq seq);
  Result<void> remove(ReadTxn& txn);
  void count(const fleet::Status& status, std::uint32_t delta);
  Result<void> flush_hostname(WriteTxn& txn) const;

  StateTables tables_;
  fleet::NvrId id_;
  std::optional<NvrRecord> before_;
  std::optional<NvrRecord> record_;
  std::map<std::string, Slot, std::less<>> cameras_;
  bool all_loaded_ = false;
};

} // namespace nvrhub::store
