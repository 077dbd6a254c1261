#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "fleet/event.hpp"
#include "store/tables.hpp"

namespace nvrhub::store {

/// One NVR's records while events are applied to them, in memory: nothing reaches the transaction before flush(), so a
/// refused Write leaves no trace in it. Reads only the cameras that it needs.
class Draft {
public:
  static Result<Draft> load(ReadTxn& txn, const StateTables& tables, fleet::NvrId id);

  /// Nothing: there is no such NVR, or no longer.
  const std::optional<NvrRecord>& record() const { return record_; }
  const std::optional<NvrRecord>& record_before() const { return before_; }

  /// The state after `event`, whose seq and time are final. Events of an NVR that is not there change nothing.
  Result<void> apply(ReadTxn& txn, const fleet::Event& event);
  void set_session(fleet::SessionNumber session) { record_->session = session; }

  /// Writes what changed: NVR, cameras and (in the live state) hostname.
  Result<void> flush(WriteTxn& txn) const;

private:
  struct Slot {
    CameraRecord record;
    bool stored = false; // under this name before
    bool dirty = false;
    bool gone = false;
  };

  Draft(const StateTables& tables, fleet::NvrId id) : tables_(tables), id_(id) {}

  Result<Slot*> find(ReadTxn& txn, std::string_view name); // nullptr: no such camera
  Result<void> load_all(ReadTxn& txn);
  Result<void> settle_all(ReadTxn& txn);
  Result<void> change_cameras(ReadTxn& txn, const fleet::Event& event);
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
