#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/log_entry.hpp"

namespace nvrhub::actors {

/// An entry that the cluster's log has delivered. See store::LogEntry.
struct DeliveredEntry {
  store::LogPosition position = 0;
  store::Origin origin;
  std::uint64_t number = 0;
  std::string bytes;
};

/// The cluster's log, as the store actor uses it. On a single server there is none, and the store actor commits at
/// once; with one, it appends each write as an entry (store/entry/) and applies what the log delivers.
///
/// The implementation owns the node's lease. It sends the store actor:
///   - Delivered, when take() has entries and had none when it was called last;
///   - LostOrigins, the answer to find_lost();
///   - Fenced, once: the lease is lost, nothing that was not delivered is in the log.
/// THREADS: the store actor's. Never blocks, never throws. OWNERSHIP: outlives the store actor.
class Replicator {
public:
  Replicator() = default;
  Replicator(const Replicator&) = delete;
  Replicator& operator=(const Replicator&) = delete;
  virtual ~Replicator() = default;

  /// This node in its present run, which has joined: its node_joined is applied.
  virtual const store::Origin& self() const = 0;
  /// Appends an entry, once, however long it takes: its delivery is the answer. REQUIRES: the last one was delivered;
  /// at most max_entry bytes.
  virtual void append(std::string entry) = 0;
  /// What was delivered since the last call, in order.
  virtual std::vector<DeliveredEntry> take() = 0;
  /// Asks which of `known` hold no lease any more. `known` have joined: the store has applied that.
  virtual void find_lost(std::vector<store::Origin> known) = 0;
  /// Allows the log to forget entries up to this position, which all members have applied.
  virtual void trim(store::LogPosition upto) = 0;
  /// This node cannot go on, e.g. because its store is damaged: the process ends with this message.
  virtual void fail(const std::string& why) = 0;

  /// Of one entry; see log::Log::max_entry.
  static constexpr std::size_t max_entry = std::size_t{1} << 20;
};

} // namespace nvrhub::actors
