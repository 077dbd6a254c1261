#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <tl/expected.hpp>

#include "net/io_pool.hpp"
#include "net/services.hpp"

namespace nvrhub::net {

/// Accepts connections and gives each to an I/O thread, in turn. Lives on the pool's first thread.
class Listener {
public:
  Listener(IoPool& pool, Services& services);

  /// Binds and listens; port 0 takes a free one. The message of an error names the address and says what to do.
  tl::expected<std::uint16_t, std::string> listen(const std::string& address, std::uint16_t port);
  void start();
  /// From any thread; connections that were accepted stay.
  void stop();

private:
  void accept();
  void take(Socket&& socket, const boost::asio::ip::address& address, IoThread& thread);
  void turn_away(Socket&& socket);
  void pause(const boost::system::error_code& error);

  IoPool& pool_;
  Services& services_;
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Executor> acceptor_;
  boost::asio::ip::tcp::endpoint from_; // of the connection that is being accepted
  boost::asio::steady_timer pause_;
  std::atomic<unsigned> turned_away_{0};
  std::atomic<unsigned> leaving_{0}; // of these, whose sockets are still open
};

} // namespace nvrhub::net
