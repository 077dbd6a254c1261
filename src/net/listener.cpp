#include "net/listener.hpp"

#include <memory>
#include <utility>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/write.hpp>

#include "net/http_connection.hpp"

namespace nvrhub::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr unsigned most_leaving = 64; // descriptors beyond --max-connections

} // namespace

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
  acceptor_.async_accept(thread.context(), from_, [this, &thread](const error_code& error, Socket socket) {
    if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
    if (error) return pause(error);
    take(std::move(socket), plain(from_.address()), thread);
    accept();
  });
}

/// Out of descriptors or memory: trying again at once would spin.
void Listener::pause(const error_code& error) {
  services_.counters.mine().accept_pauses.add();
  services_.log(actors::Level::error, "accept_paused", "connections wait: none can be taken for a tenth of a second",
                {{"reason", error.message()}});
  pause_.expires_after(std::chrono::milliseconds(100));
  pause_.async_wait([this](const error_code& cancelled) {
    if (!cancelled && acceptor_.is_open()) accept();
  });
}

void Listener::take(Socket&& socket, const asio::ip::address& address, IoThread& thread) {
  const bool is_proxy = services_.options.trusted_proxies.contains(address); // speaks for many
  if (!is_proxy &&
      !services_.rates.take(address, services_.options.connection_rate, std::chrono::steady_clock::now())) {
    services_.log(actors::Level::warn, "connection_rate", "a connection was refused: too many come from its address",
                  {{"address", address.to_string()}});
    return turn_away(std::move(socket));
  }
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  const bool is_full = services_.connections.fetch_add(1) >= services_.options.max_connections;
  asio::post(thread.context(), [this, socket = std::move(socket), address, is_full, &thread]() mutable {
    const MonoTime now = std::chrono::steady_clock::now();
    Handshakes& newcomers = thread.handshakes();
    if (!newcomers.make_room(now) || (is_full && !newcomers.evict_oldest(now))) {
      --services_.connections;
      services_.log(actors::Level::warn, "connection_limit",
                    "a connection was refused: --max-connections are open, or --max-handshakes wait",
                    {{"address", address.to_string()}, {"max_connections", services_.options.max_connections}});
      return turn_away(std::move(socket));
    }
    services_.counters.mine().accepted.add();
    HttpConnection::start(std::move(socket), Peer{address, "", std::nullopt}, thread, services_);
  });
}

/// Overload at the handshake (protocol.md, "Replies"): no request is read, so one small write is all that it costs. The
/// times to come back are spread, so that not all do at once.
void Listener::turn_away(Socket&& socket) {
  services_.counters.mine().refused.add();
  if (services_.tls.context()) return; // it would not understand
  error_code ignored;
  socket.non_blocking(true, ignored);
  const std::string answer =
      "HTTP/1.1 503 Service Unavailable\r\nRetry-After: " + std::to_string(2 + turned_away_++ % 9) +
      "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  socket.write_some(asio::buffer(answer), ignored);
  socket.shutdown(Socket::shutdown_send, ignored);
  // Closed at once, with its request unread, the socket would be reset, and the answer lost with it.
  if (leaving_.fetch_add(1) >= most_leaving) {
    --leaving_;
    return;
  }
  const auto held = std::make_shared<Socket>(std::move(socket));
  const auto timer = std::make_shared<asio::steady_timer>(held->get_executor(), std::chrono::seconds(1));
  timer->async_wait([this, held, timer](const error_code&) { --leaving_; });
}

} // namespace nvrhub::net
