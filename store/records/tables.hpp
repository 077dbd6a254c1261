#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "store/records/codec.hpp"
#include "store/records/keys.hpp"

namespace nvrhub::store {

// Typed access to the tables.

/// The tables of one state: the current one, or the base state before the first retained event.
struct StateTables {
  Table nvrs;
  Table cameras;
  bool live; // the current state, to which tables hostnames and seen belong
};
inline constexpr StateTables live_state{Table::nvrs, Table::cameras, true};
inline constexpr StateTables base_state{Table::base_nvrs, Table::base_cameras, false};

/// nullopt: there is no such record.
template <class Record>
Result<std::optional<Record>> load(ReadTxn& txn, Table table, std::string_view key) {
  NVRHUB_LET(bytes, txn.get(table, key));
  if (!bytes) return std::nullopt;
  NVRHUB_LET(record, decode<Record>(table, key, *bytes));
  return std::optional<Record>(std::move(record));
}

/// Errc::corrupt if the record is missing.
template <class Record>
Result<Record> load_meta(ReadTxn& txn, std::string_view key) {
  NVRHUB_LET(record, load<Record>(txn, Table::meta, key));
  if (!record) return fail(Errc::corrupt, describe(Table::meta, key) + " is missing");
  return std::move(*record);
}

template <class Record>
Result<void> save(WriteTxn& txn, Table table, std::string_view key, const Record& record) {
  thread_local std::string bytes; // keeps its capacity
  encode(table, key, record, bytes);
  return txn.put(table, key, bytes);
}

/// Decodes a row of table events.
Result<fleet::Event> decode_event(std::string_view key, std::string_view value);
/// Errc::corrupt if the event is missing.
Result<fleet::Event> load_event(ReadTxn& txn, fleet::Seq seq);

/// Calls `visit(key, value)` for each row with a key >= `from`, in order, until it returns false or an error.
using VisitRow = std::function<Result<bool>(std::string_view key, std::string_view value)>;
Result<void> each_row(ReadTxn& txn, Table table, std::string_view from, const VisitRow& visit);

/// Calls `visit(name, record)` for each camera record of an NVR, by name.
using VisitCamera = std::function<void(std::string_view name, CameraRecord&& record)>;
Result<void> each_camera(ReadTxn& txn, const StateTables& tables, fleet::NvrId id, const VisitCamera& visit);

/// The NVR of a record, with effective statuses (fleet/nvr.hpp).
Result<fleet::Nvr> assemble_nvr(ReadTxn& txn, const StateTables& tables, fleet::NvrId id, const NvrRecord& record);
Result<std::optional<fleet::Nvr>> read_nvr(ReadTxn& txn, const StateTables& tables, fleet::NvrId id);

/// Calls `visit` for each NVR with an id greater than `after`, by ascending id, until it returns false.
using VisitNvr = std::function<bool(fleet::Nvr&& nvr, const NvrRecord& record)>;
Result<void> read_nvrs(ReadTxn& txn, const StateTables& tables, fleet::NvrId after, const VisitNvr& visit);

} // namespace nvrhub::store
