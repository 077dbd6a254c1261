#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "store/error.hpp"

namespace nvrhub::store {

/// The tables of a data directory. Keys are ordered bytewise.
enum class Table : std::uint8_t {
  meta,         // schema, epoch, head, counters
  nvrs,         // nvr_id -> NVR record
  cameras,      // nvr_id, name -> camera record
  hostnames,    // hostname -> nvr_id
  seen,         // nvr_id -> last_seen
  events,       // seq -> event
  nvr_events,   // nvr_id, seq -> empty, or a checkpoint: the complete NVR after that event
  base_nvrs,    // the base state: nvrs before the first retained event
  base_cameras, // the base state: cameras before the first retained event
  runs,         // 1, 2, ... -> begin and end of a server run
  samples,      // time -> head and counts
  former_names, // hostname -> nvr_id of the last NVR that was removed with that hostname
  alerts,       // what the alert engine stores, and a cluster's access tokens; only actors/ knows keys and values
  origins,      // node, boot -> an origin of log entries (log_entry.hpp); empty on a single server
  chain,        // log position -> chain hash, the last max_links of them; empty on a single server
  parts,        // origin number, index -> a part of an entry that is not complete yet; empty on a single server
};
inline constexpr std::size_t table_count = 16;

/// A row: key and value. They point into the transaction's memory and are valid until its next write or its end.
using Row = std::pair<std::string_view, std::string_view>;

/// A consistent view of one instant. THREADS: any thread, one at a time.
class ReadTxn {
public:
  virtual ~ReadTxn() = default;
  virtual Result<std::optional<std::string_view>> get(Table table, std::string_view key) = 0;
  /// The first row with a key >= `key`.
  virtual Result<std::optional<Row>> lower_bound(Table table, std::string_view key) = 0;
  /// The last row with a key < `key`; with an empty `key`, the last row of the table.
  virtual Result<std::optional<Row>> before(Table table, std::string_view key) = 0;
};

/// A write transaction. It reads its own writes. Destruction without commit() rolls it back.
class WriteTxn : public ReadTxn {
public:
  virtual Result<void> put(Table table, std::string_view key, std::string_view value) = 0;
  /// As put(). REQUIRES: `key` is greater than all keys of the table (else Errc::corrupt).
  virtual Result<void> append(Table table, std::string_view key, std::string_view value) = 0;
  /// No error if the key does not exist.
  virtual Result<void> erase(Table table, std::string_view key) = 0;
  /// Durable (synced to disk) when it returns without an error. Ends the transaction in either case.
  virtual Result<void> commit() = 0;
};

/// Storage of the tables: LMDB in production (lmdb/), memory in tests. It keeps the rest of the store free of LMDB and
/// lets tests inject faults.
///
/// REQUIRES: transactions end before the backend is destroyed.
/// THREADS: one write transaction at a time, from one thread; read transactions from any thread, and a reader never
/// waits for the writer.
class Backend {
public:
  virtual ~Backend() = default;
  virtual Result<std::unique_ptr<ReadTxn>> begin_read() = 0;
  virtual Result<std::unique_ptr<WriteTxn>> begin_write() = 0;
  /// Releases memory that caches what was read; later reads load it again. THREADS: the writing thread.
  virtual void release_memory() {}
};

} // namespace nvrhub::store
