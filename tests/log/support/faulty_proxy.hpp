#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "log/etcd/endpoint.hpp"

namespace nvrhub::tests {

/// A TCP proxy in front of one member that loses answers and delays requests. Faults concern the connections that exist
/// when they begin; later ones pass.
class FaultyProxy {
public:
  FaultyProxy(boost::asio::io_context& io, log::etcd::Endpoint member);
  FaultyProxy(const FaultyProxy&) = delete;
  FaultyProxy& operator=(const FaultyProxy&) = delete;
  ~FaultyProxy();

  log::etcd::Endpoint endpoint() const;

  /// Requests arrive, answers are thrown away.
  void lose_answers();
  /// Requests are kept until release(), even if the client closes the connection meanwhile.
  void hold_requests();
  void release();

private:
  struct Connection;

  void accept();

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::endpoint member_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::vector<std::shared_ptr<Connection>> connections_;
};

} // namespace nvrhub::tests
