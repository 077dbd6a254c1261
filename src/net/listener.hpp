#pragma once

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
  void take(Socket&& socket, IoThread& thread);
  void pause();

  IoPool& pool_;
  Services& services_;
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Executor> acceptor_;
  boost::asio::steady_timer pause_;
};

} // namespace nvrhub::net
