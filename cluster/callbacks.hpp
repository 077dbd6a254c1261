#pragma once

#include <functional>
#include <string>
#include <vector>

#include "log/log.hpp"
#include "store/log_entry.hpp"

namespace nvrhub::cluster {

/// What a node calls, on the thread of its log: they must not block.
struct Callbacks {
  /// take() has entries, and had none when it was called last.
  std::function<void()> on_delivered{};
  /// The answer to each find_lost(), which may be empty: those that hold no lease. If etcd did not answer, none.
  std::function<void(std::vector<store::Origin>)> on_lost{};
  /// A lease of another node has ended: find_lost() is worth asking.
  std::function<void()> on_vanished{};
  /// Once: the lease of this node has ended. What it had appended and is in the log can be taken by then.
  std::function<void()> on_fenced{};
  /// Once: this node cannot go on. The text is for people.
  std::function<void(const std::string&)> on_failed{};
};

/// For status pages and metrics.
struct NodeHealth {
  log::Health log;
  log::Liveness lease;
  std::vector<log::Member> members; // that hold a lease, as of some seconds ago
};

} // namespace nvrhub::cluster
