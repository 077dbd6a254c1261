#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "store/error.hpp"

namespace nvrhub::store {

/// The ordered tables of a data directory. Keys sort as bytes.
enum class Table : std::uint8_t {
  meta,         // schema, epoch, head, counters
  nvrs,         // nvr_id -> NVR record
  cameras,      // nvr_id, name -> camera record
  hostnames,    // hostname -> nvr_id
  seen,         // nvr_id -> last_seen
  events,       // seq -> event
  nvr_events,   // nvr_id, seq -> nothing, or now and then the whole NVR after that event: a checkpoint
  base_nvrs,    // as nvrs, at the seq where the kept log begins
  base_cameras, // as cameras, likewise
  runs,         // 1, 2, ... -> from when to when a server ran
  samples,      // time -> head and counts
  former_names, // hostname -> nvr_id of the last NVR that was removed under it
};
inline constexpr std::size_t table_count = 12;

/// Keys and values point into the transaction's memory: they live until its next write, or its end.
using Entry = std::pair<std::string_view, std::string_view>;

/// A consistent view of one instant. Any thread may use it, one at a time.
class ReadTxn {
public:
  virtual ~ReadTxn() = default;
  virtual Result<std::optional<std::string_view>> get(Table table, std::string_view key) = 0;
  /// The first entry with a key >= `key`.
  virtual Result<std::optional<Entry>> lower_bound(Table table, std::string_view key) = 0;
  /// The last entry with a key < `key`; with an empty `key`, the last of the table.
  virtual Result<std::optional<Entry>> before(Table table, std::string_view key) = 0;
};

/// The one writer's transaction: sees its own writes. Destroyed without commit, it never was.
class WriteTxn : public ReadTxn {
public:
  virtual Result<void> put(Table table, std::string_view key, std::string_view value) = 0;
  /// As put, for a key above all others of the table.
  virtual Result<void> append(Table table, std::string_view key, std::string_view value) = 0;
  /// Fine if there is no such key.
  virtual Result<void> erase(Table table, std::string_view key) = 0;
  /// Durable (synced to disk) when it returns without an error. Ends the transaction either way.
  virtual Result<void> commit() = 0;
};

/// Where the tables live. Transactions must end before the backend does. One write transaction at a time, from one
/// thread; read transactions from any, and none of them ever waits for a writer.
class Backend {
public:
  virtual ~Backend() = default;
  virtual Result<std::unique_ptr<ReadTxn>> begin_read() = 0;
  virtual Result<std::unique_ptr<WriteTxn>> begin_write() = 0;
  /// The writer's: gives memory back that reading has taken and that comes back by itself where it is needed.
  virtual void let_go() {}
};

} // namespace nvrhub::store
