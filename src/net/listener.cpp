#include "net/listener.hpp"

#include <memory>
#include <utility>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/write.hpp>

#include "net/http_connection.hpp"

namespace nvrhub::net {

namespace asio = boost::asio;
using boost::system::error_code;

Listener::Listener(IoPool& pool, Services& services)
    : pool_(pool), services_(services), acceptor_(pool.thread(0).context()), pause_(pool.thread(0).context()) {}

tl::expected<std::uint16_t, std::string> Listener::listen(const std::string& address, std::uint16_t port) {
  error_code error;
  const auto failed = [&](const std::string& what) {
    return tl::make_unexpected("can't listen on " + address + ":" + std::to_string(port) + ": " + what);
  };
  const asio::ip::address ip = asio::ip::make_address(address, error);
  if (error) return failed("the address must be an IP address, such as 127.0.0.1 or ::");
  const asio::ip::tcp::endpoint endpoint(ip, port);
  acceptor_.open(endpoint.protocol(), error);
  if (error) return failed(error.message());
  acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  acceptor_.bind(endpoint, error);
  if (error)
    return failed(error.message() + (error == asio::error::address_in_use ? "; is another server running?" : ""));
  acceptor_.listen(4096, error);
  if (error) return failed(error.message());
  return acceptor_.local_endpoint().port();
}

void Listener::start() {
  asio::post(pool_.thread(0).context(), [this] { accept(); });
}

void Listener::stop() {
  asio::post(pool_.thread(0).context(), [this] {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  });
}

void Listener::accept() {
  IoThread& thread = pool_.next();
  acceptor_.async_accept(thread.context(), [this, &thread](const error_code& error, Socket socket) {
    if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
    if (error) return pause();
    take(std::move(socket), thread);
    accept();
  });
}

/// Out of descriptors or memory: trying again at once would spin.
void Listener::pause() {
  services_.counters.mine().accept_pauses.add();
  pause_.expires_after(std::chrono::milliseconds(100));
  pause_.async_wait([this](const error_code& error) {
    if (!error && acceptor_.is_open()) accept();
  });
}

void Listener::take(Socket&& socket, IoThread& thread) {
  error_code ignored;
  if (services_.connections.fetch_add(1) >= services_.options.max_connections) {
    --services_.connections;
    services_.counters.mine().refused.add();
    // Overload at the handshake (protocol.md, "Replies"): no request is read, so one small write is all it costs.
    socket.non_blocking(true, ignored);
    static const std::string full = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\n"
                                    "Content-Length: 0\r\n\r\n";
    socket.write_some(asio::buffer(full), ignored);
    socket.shutdown(Socket::shutdown_send, ignored);
    return;
  }
  services_.counters.mine().accepted.add();
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  asio::post(thread.context(), [socket = std::move(socket), &thread, &services = services_]() mutable {
    HttpConnection::start(std::move(socket), thread, services);
  });
}

} // namespace nvrhub::net
