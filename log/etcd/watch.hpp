#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "log/etcd/backoff.hpp"
#include "log/etcd/channel.hpp"
#include "log/etcd/client.hpp"
#include "log/etcd/keys.hpp"
#include "log/etcd/messages.hpp"
#include "log/log.hpp"
#include "log/timer.hpp"

namespace nvrhub::log::etcd {

/// Follows all keys of the cluster by one watch, on a connection of its own: a follower that is behind delays no
/// append, and can be paused. Goes on at another member when the member fails, has no leader or is silent.
/// THREADS: one, as Log's. OWNERSHIP: `keys` and `client` outlive it; the destructor ends it.
class Watch {
public:
  /// `first`: which of the members is asked first.
  Watch(boost::asio::io_context& io, Members members, std::size_t first, const Keys& keys, Client& client);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch();

  void follow(Position after, Log::OnDelivery deliver);
  void pause(bool paused);

  bool is_started() const { return deliver_ != nullptr; }
  Position followed() const { return last_; }
  /// Why nothing is followed at the moment; empty: it is, or it was not started.
  const std::string& problem() const { return problem_; }

private:
  void open();
  void take(std::string_view message);
  void canceled(const WatchResponse& response);
  void deliver(const WatchEvent& event);
  void reopen(const std::string& problem);
  void check_silence();

  boost::asio::io_context& io_;
  const Members members_;
  std::size_t current_;
  const Keys& keys_;
  Client& client_; // for the token
  Log::OnDelivery deliver_;
  Position last_ = 0;      // everything up to here was delivered
  Position compacted_ = 0; // that the last cancel named
  std::shared_ptr<Channel> channel_;
  StreamId stream_ = 0;
  bool paused_ = false;
  std::string problem_;
  Backoff backoff_;
  Timer silence_;
  Timer next_attempt_;
};

} // namespace nvrhub::log::etcd
