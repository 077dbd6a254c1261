#pragma once

#include <chrono>
#include <set>
#include <string>

#include "log/etcd/client.hpp"
#include "log/etcd/keys.hpp"
#include "log/etcd/lease.hpp"
#include "log/log.hpp"

namespace nvrhub::log::etcd {

/// Trims the log: writes the key `trimmed` under the fence, so that a node that has lost its lease trims nothing;
/// deletes log keys of origins whose lease has ended; compacts etcd, which is global.
/// THREADS: one, as Log's. OWNERSHIP: the references outlive it.
class Trimmer {
public:
  Trimmer(Client& client, const Keys& keys, LeaseKeeper& lease, std::chrono::milliseconds limit);

  bool is_busy() const { return done_ != nullptr; }
  void trim(Position upto, Log::OnDone done);

private:
  void read_trimmed();
  void write_trimmed(Position already);
  void read_nodes();
  void read_logs();
  void erase(const RangeResponse& logs);
  void compact();
  void finish(const Result<void>& result);
  /// Calls, and hands what `decode` makes of the answer to `next`. A failure ends the trim.
  template <class Decode, class Next>
  void step(std::string_view method, std::string request, Decode decode, Next next);

  Client& client_;
  const Keys& keys_;
  LeaseKeeper& lease_;
  const std::chrono::milliseconds limit_;
  Position upto_ = 0;
  Log::OnDone done_;
  std::set<std::string> alive_; // log keys of origins that hold a lease
};

} // namespace nvrhub::log::etcd
