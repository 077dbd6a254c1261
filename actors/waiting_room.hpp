#pragma once

#include <atomic>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "actors/hostname_index.hpp"
#include "fleet/report.hpp"
#include "fleet/waiting_nvr.hpp"

namespace nvrhub::actors {

using WaitingNvrPtr = std::shared_ptr<const fleet::WaitingNvr>;

/// The NVRs that were refused as unknown, so that an operator can register them without typing (protocol.md, "Waiting
/// room"). In memory only: after a restart they appear again with their next try. Bounded in entries and bytes; the
/// entry with the oldest last try makes room. An accepted auth never comes here.
/// THREADS: any. The lock is held for one entry, or to copy 1,000 pointers.
class WaitingRoom {
public:
  struct Limits {
    std::size_t nvrs = 1000;
    std::size_t bytes = 4 << 20;         // of all entries together
    std::size_t bytes_of_one = 64 << 10; // names of its cameras
  };

  explicit WaitingRoom(const HostnameIndex& registered) : WaitingRoom(registered, Limits()) {}
  WaitingRoom(const HostnameIndex& registered, const Limits& limits) : registered_(registered), limits_(limits) {}

  /// A try was refused. `report`: null if it had none; the names of an earlier try stay then. At most `max_cameras`
  /// names are kept.
  void add(const std::string& hostname, const std::string& address, const fleet::Report* report,
           std::size_t max_cameras, fleet::WallMillis at);
  /// The hostname is in the index now: its NVR waits no longer.
  void remove(const std::string& hostname);
  /// False: no NVR with this hostname waits. An ignored one stays so until it is removed or makes room.
  bool ignore(const std::string& hostname);

  /// The last that tried first.
  std::vector<WaitingNvrPtr> list(bool with_ignored) const;
  /// Without the ignored ones.
  std::size_t count() const { return shown_.load(std::memory_order_relaxed); }

private:
  using Entries = std::list<WaitingNvrPtr>; // the last that tried at the end

  void erase(Entries::iterator entry);

  const HostnameIndex& registered_;
  const Limits limits_;
  mutable std::mutex mutex_;
  Entries entries_;
  std::unordered_map<std::string_view, Entries::iterator> by_hostname_; // keys are in the entries
  std::size_t bytes_ = 0;
  std::atomic<std::size_t> size_{0};
  std::atomic<std::size_t> shown_{0};
};

} // namespace nvrhub::actors
