#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "cluster/callbacks.hpp"
#include "cluster/delivery_queue.hpp"
#include "cluster/entry_appender.hpp"
#include "cluster/lease_view.hpp"
#include "log/log.hpp"
#include "log/timer.hpp"

namespace nvrhub::cluster {

/// What a node does on the thread of its log: it appends, follows, watches over the lease, and calls back.
/// THREADS: the log's, except the first four functions: any. OWNERSHIP: `io` and `log` outlive it, and nothing of
/// theirs runs when it is destroyed.
class NodeLoop {
public:
  NodeLoop(boost::asio::io_context& io, log::Log& log, log::Origin self, std::size_t max_queued);

  DeliveryQueue& queue() { return queue_; }
  const log::Origin& self() const { return self_; }
  bool may_serve() const { return lease_.is_alive(); }
  NodeHealth health() const;

  /// Replaces the callbacks. What they missed is called at once: on_failed, on_fenced, on_delivered.
  void attach(Callbacks callbacks);
  /// After the join. `on_joined_here`: the own lease key was seen at its place in the log, so what was there before is
  /// delivered.
  void follow(log::Position after, std::function<void()> on_joined_here);
  void resume() { log_.pause(false); }
  void append(std::string entry) { appender_.append(std::move(entry)); }
  void find_lost(std::vector<store::Origin> known);
  /// If it fails, the next one has the same effect.
  void trim(log::Position upto) {
    log_.trim(upto, [](const auto&) {});
  }
  /// The lease ends: on_fenced is not called any more.
  void leave(log::Log::OnDone done);
  void fail(const std::string& why);

private:
  void take(const log::Delivery& delivery);
  void take(const log::Entry& entry);
  void vanished(const log::Origin& origin);
  void fenced();
  void tick();
  void update_health();

  log::Log& log_;
  const log::Origin self_;
  DeliveryQueue queue_;
  LeaseView lease_;
  EntryAppender appender_;
  Callbacks callbacks_;
  std::function<void()> on_joined_here_;
  bool is_leaving_ = false;
  bool is_fenced_ = false;
  std::string failure_; // empty: none
  unsigned ticks_ = 0;
  log::Timer timer_;

  mutable std::mutex health_mutex_;
  NodeHealth health_;
};

} // namespace nvrhub::cluster
