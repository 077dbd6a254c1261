#pragma once

#include <functional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "log/etcd/client.hpp"
#include "log/etcd/keys.hpp"
#include "log/etcd/messages.hpp"
#include "log/log.hpp"
#include "log/timer.hpp"

namespace nvrhub::log::etcd {

/// Asks the member in use once a second for its status. THREADS: one, as Log's. OWNERSHIP: the references outlive it.
class HealthPoller {
public:
  /// `followed`: up to where entries were delivered. `on_set_back`: etcd ends before that; may come again.
  HealthPoller(boost::asio::io_context& io, Client& client, const Keys& keys, std::function<Position()> followed,
               std::function<void()> on_set_back);

  /// Asks until a member answers. ERRORS: `refused`: its version loses data.
  void check_version(Log::OnDone done);
  /// Without `followed`, which the watch knows.
  const Health& health() const { return health_; }

private:
  void poll();
  void take(const StatusResponse& status);
  /// A member's status may be behind the others; an answer that a majority has confirmed is not.
  void confirm_end();
  void failed(const std::string& problem);

  Client& client_;
  const Keys& keys_;
  const std::function<Position()> followed_;
  const std::function<void()> on_set_back_;
  Health health_;
  Timer timer_;
};

/// What an error in etcd's status means and what to do about it.
std::string describe_alarm(const std::string& error);

} // namespace nvrhub::log::etcd
