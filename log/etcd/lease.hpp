#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "log/etcd/client.hpp"
#include "log/etcd/keys.hpp"
#include "log/etcd/messages.hpp"
#include "log/log.hpp"
#include "log/timer.hpp"

namespace nvrhub::log::etcd {

/// The lease of one origin and its key. The key's create revision is the fence: every transaction of the origin
/// compares it. THREADS: one, as Log's. OWNERSHIP: `client` and `keys` outlive it.
class LeaseKeeper {
public:
  /// `wanted`: the time to live; etcd may grant a longer one.
  LeaseKeeper(boost::asio::io_context& io, Client& client, const Keys& keys, const Origin& origin,
              std::chrono::seconds wanted);

  void join(std::string announcement, Log::OnDone done);
  void leave(Log::OnDone done);

  Liveness liveness() const;
  /// 0 before the lease key exists.
  Revision fence() const { return fence_; }
  /// What must hold for whatever this origin changes.
  Compare compare_fence() const;
  /// The lease is known to have ended: from a keep-alive, a refused transaction or the watch.
  void lost();

private:
  void grant();
  void enter_key(BootClock::time_point granted_at);
  void key_entered(const TxnResponse& response, BootClock::time_point granted_at);
  void fail(Errc code, const std::string& message);
  void keep_alive();

  Client& client_;
  const Keys& keys_;
  const Origin& origin_;
  const std::chrono::seconds wanted_;
  std::string announcement_;
  Log::OnDone joined_;
  LeaseId id_ = 0;
  Revision fence_ = 0;
  bool lost_ = false;
  std::chrono::seconds granted_{0};
  BootClock::time_point confirmed_; // when the last request was sent that was answered
  Timer timer_;
};

} // namespace nvrhub::log::etcd
