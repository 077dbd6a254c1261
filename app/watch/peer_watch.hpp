#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "actors/log.hpp"
#include "cluster/node.hpp"
#include "cluster/peer_client.hpp"
#include "store/store.hpp"

namespace nvrhub::app {

/// While this server does not reach etcd, and its lease has ended, asks the other servers whether they do. If one does,
/// or none answers, this one is cut off: its NVRs have to go where they count (cluster.md, 7). If others answer, and
/// none reaches etcd, the sockets stay.
/// THREADS: check() from one thread; it never blocks. OWNERSHIP: node and store outlive it.
class PeerWatch {
public:
  /// `on_cut_off` is called by check(), once.
  PeerWatch(const cluster::Node& node, const store::Store& store, cluster::PeerOptions peers, actors::Log log,
            std::function<void()> on_cut_off);
  ~PeerWatch();
  PeerWatch(const PeerWatch&) = delete;
  PeerWatch& operator=(const PeerWatch&) = delete;

  /// REQUIRES: called a few times per second.
  void check();

private:
  enum class Finding : std::uint8_t { none, together, cut_off };

  std::vector<std::string> addresses() const;
  static Finding ask(const cluster::PeerClient& peers, const std::vector<std::string>& addresses,
                     const std::atomic<bool>& stops);

  const cluster::Node& node_;
  const store::Store& store_;
  const cluster::PeerClient peers_;
  const actors::Log log_;
  std::function<void()> on_cut_off_;
  std::chrono::steady_clock::time_point next_{};
  int cut_offs_ = 0; // in a row
  std::atomic<bool> stops_{false};
  std::atomic<bool> is_asking_{false};
  std::atomic<Finding> finding_{Finding::none};
  std::thread thread_; // asks
};

} // namespace nvrhub::app
