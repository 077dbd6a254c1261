#pragma once

#include <string>

#include <boost/asio/io_context.hpp>

#include "log/etcd/client.hpp"
#include "log/etcd/messages.hpp"
#include "log/log.hpp"
#include "log/timer.hpp"

namespace nvrhub::log::etcd {

/// Asks the member in use once a second for its status. THREADS: one, as Log's. OWNERSHIP: `client` outlives it.
class HealthPoller {
public:
  HealthPoller(boost::asio::io_context& io, Client& client);

  /// Asks until a member answers. ERRORS: `refused`: its version loses data.
  void check_version(Log::OnDone done);
  /// Without `followed`, which the watch knows.
  const Health& health() const { return health_; }

private:
  void poll();
  void take(const StatusResponse& status);
  void failed(const std::string& problem);

  Client& client_;
  Health health_;
  Timer timer_;
};

/// What an error in etcd's status means and what to do about it.
std::string describe_alarm(const std::string& error);

} // namespace nvrhub::log::etcd
