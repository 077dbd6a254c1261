#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "store/codec.hpp"
#include "store/keys.hpp"

namespace nvrhub::store {

/// The tables that a state lives in: that of now, or that at the beginning of the kept log.
struct StateTables {
  Table nvrs;
  Table cameras;
  bool live; // with hostnames and seen
};
inline constexpr StateTables live_state{Table::nvrs, Table::cameras, true};
inline constexpr StateTables base_state{Table::base_nvrs, Table::base_cameras, false};

template <class Record>
Result<std::optional<Record>> load(ReadTxn& txn, Table table, std::string_view key) {
  NVRHUB_LET(bytes, txn.get(table, key));
  if (!bytes) return std::nullopt;
  NVRHUB_LET(record, decode<Record>(table, key, *bytes));
  return std::optional<Record>(std::move(record));
}

/// The same for a record that every store has.
template <class Record>
Result<Record> load_meta(ReadTxn& txn, std::string_view key) {
  NVRHUB_LET(record, load<Record>(txn, Table::meta, key));
  if (!record) return fail(Errc::corrupt, describe(Table::meta, key) + " is missing");
  return std::move(*record);
}

template <class Record>
Result<void> save(WriteTxn& txn, Table table, std::string_view key, const Record& record) {
  std::string bytes;
  encode(table, key, record, bytes);
  return txn.put(table, key, bytes);
}

/// An event from its entry in the log.
Result<fleet::Event> decode_event(std::string_view key, std::string_view value);
/// An event that the log must have.
Result<fleet::Event> load_event(ReadTxn& txn, fleet::Seq seq);

/// Calls `visit(key, value)` for each entry from `from` on, in order, until it returns false or an error.
using VisitEntry = std::function<Result<bool>(std::string_view key, std::string_view value)>;
Result<void> each_entry(ReadTxn& txn, Table table, std::string_view from, const VisitEntry& visit);

/// Calls `visit(name, record)` for each camera record of an NVR, in order of names.
using VisitCamera = std::function<void(std::string_view name, CameraRecord&& record)>;
Result<void> each_camera(ReadTxn& txn, const StateTables& tables, fleet::NvrId id, const VisitCamera& visit);

/// The NVR with the statuses that its records mean.
Result<std::optional<fleet::Nvr>> read_nvr(ReadTxn& txn, const StateTables& tables, fleet::NvrId id);

/// Calls `visit` for each NVR with an id above `after`, in order, until it returns false.
using VisitNvr = std::function<bool(fleet::Nvr&& nvr, const NvrRecord& record)>;
Result<void> read_nvrs(ReadTxn& txn, const StateTables& tables, fleet::NvrId after, const VisitNvr& visit);

} // namespace nvrhub::store
