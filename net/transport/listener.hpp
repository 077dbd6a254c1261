#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <tl/expected.hpp>

#include "net/http/http_context.hpp"
#include "net/reactor/io_pool.hpp"

namespace nvrhub::net {

/// Accepts TCP connections and distributes them over the I/O threads, round robin. Applies --max-connections,
/// --max-handshakes and --connection-rate. Lives on the pool's first thread.
class Listener {
public:
  Listener(IoPool& pool, HttpContext& context);

  /// Binds and listens; port 0 chooses a free one. Returns the port, or a message for the operator.
  tl::expected<std::uint16_t, std::string> listen(const std::string& address, std::uint16_t port);
  void start();
  /// Accepts no more connections; those accepted remain. From any thread.
  void stop();

private:
  void accept();
  void admit(Socket&& socket, const boost::asio::ip::address& address, IoThread& thread);
  void reject(Socket&& socket);
  void pause(const boost::system::error_code& error);

  IoPool& pool_;
  HttpContext& context_;
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Executor> acceptor_;
  boost::asio::ip::tcp::endpoint from_; // of the connection that is being accepted
  boost::asio::steady_timer pause_;
  std::atomic<unsigned> rejected_{0};
  // Rejected connections whose sockets are still open; they may outlive the listener.
  const std::shared_ptr<std::atomic<unsigned>> closing_ = std::make_shared<std::atomic<unsigned>>(0);
};

} // namespace nvrhub::net
