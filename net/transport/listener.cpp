#include "net/transport/listener.hpp"

#include <memory>
#include <utility>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/write.hpp>

#include "net/http/connection.hpp"
#include "net/transport/lingering_close.hpp"

namespace nvrhub::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr unsigned max_closing = 64; // descriptors in addition to --max-connections
constexpr auto max_closing_time = std::chrono::seconds(2);

/// A connection that was answered without reading its request.
struct RejectedSocket {
  RejectedSocket(Socket&& its, std::shared_ptr<std::atomic<unsigned>> its_count)
      : socket(std::move(its)), count(std::move(its_count)) {
    ++*count;
  }
  ~RejectedSocket() { --*count; }
  RejectedSocket(const RejectedSocket&) = delete;
  RejectedSocket& operator=(const RejectedSocket&) = delete;

  Socket socket;
  const std::shared_ptr<std::atomic<unsigned>> count;
};

} // namespace

Listener::Listener(IoPool& pool, HttpContext& context)
    : pool_(pool), context_(context), acceptor_(pool.thread(0).context()), pause_(pool.thread(0).context()) {}

tl::expected<std::uint16_t, std::string> Listener::listen(const std::string& address, std::uint16_t port) {
  error_code error;
  const auto failed = [&](const std::string& what) {
    return tl::make_unexpected("cannot listen on " + address + ":" + std::to_string(port) + ": " + what);
  };
  const asio::ip::address ip = asio::ip::make_address(address, error);
  if (error) return failed("the address must be an IP address, such as 127.0.0.1 or ::");
  const asio::ip::tcp::endpoint endpoint(ip, port);
  acceptor_.open(endpoint.protocol(), error);
  if (error) return failed(error.message());
  acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  acceptor_.set_option(asio::ip::tcp::no_delay(true), error); // accepted sockets inherit it
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
    admit(std::move(socket), unmap_v4(from_.address()), thread);
    accept();
  });
}

/// Descriptors or memory ran out: retrying at once would spin.
void Listener::pause(const error_code& error) {
  context_.counters.local().accept_pauses.add();
  context_.api.shared->log(actors::Level::error, "accept_paused", "accept() failed; retrying in 100 ms",
                           {{"reason", error.message()}});
  pause_.expires_after(std::chrono::milliseconds(100));
  pause_.async_wait([this](const error_code& cancelled) {
    if (!cancelled && acceptor_.is_open()) accept();
  });
}

void Listener::admit(Socket&& socket, const asio::ip::address& address, IoThread& thread) {
  Admission& admission = context_.admission;
  const actors::Log& log = context_.api.shared->log;
  const bool is_proxy = admission.limits.trusted_proxies.contains(address); // its clients are counted by HttpConnection
  if (!is_proxy && !admission.rates.take(address, admission.limits.connection_rate, std::chrono::steady_clock::now())) {
    log(actors::Level::warn, "connection_rate", "connection refused: its address exceeds --connection-rate",
        {{"address", address.to_string()}});
    return reject(std::move(socket));
  }
  const bool is_full = admission.connections.fetch_add(1) >= admission.limits.max_connections;
  asio::post(thread.context(),
             [this, &admission, &log, socket = std::move(socket), address, is_full, &thread]() mutable {
               const MonoTime now = std::chrono::steady_clock::now();
               PendingConnections& pending = thread.pending_connections();
               if (!pending.make_room(now) || (is_full && !pending.evict_oldest(now))) {
                 --admission.connections;
                 log(actors::Level::warn, "connection_limit",
                     "connection refused: --max-connections or --max-handshakes is reached",
                     {{"address", address.to_string()}, {"max_connections", admission.limits.max_connections}});
                 return reject(std::move(socket));
               }
               context_.counters.local().accepted.add();
               HttpConnection::start(std::move(socket), ClientIdentity{address}, thread, context_);
             });
}

/// Overload (protocol.md, "Replies"): no request is read, so a rejection costs one small write. Retry-After
/// varies, to keep the clients from returning all at the same time.
void Listener::reject(Socket&& socket) {
  context_.counters.local().refused.add();
  if (context_.admission.tls.context()) return; // a TLS client would not understand the answer
  error_code ignored;
  socket.non_blocking(true, ignored);
  const std::string answer = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: " + std::to_string(2 + rejected_++ % 9) +
                             "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  socket.write_some(asio::buffer(answer), ignored);
  socket.shutdown(Socket::shutdown_send, ignored);
  // Closing the socket at once, with the request unread, would reset it, and the client would lose the answer.
  if (closing_->load() >= max_closing) return;
  const auto rejected = std::make_shared<RejectedSocket>(std::move(socket), closing_);
  asio::post(rejected->socket.get_executor(), [rejected] {
    const auto timer = std::make_shared<asio::steady_timer>(rejected->socket.get_executor(), max_closing_time);
    timer->async_wait([timer, weak = std::weak_ptr(rejected)](const error_code&) {
      error_code failed;
      if (const auto late = weak.lock()) late->socket.close(failed);
    });
    drop_until_closed(rejected->socket, rejected, [](std::size_t) { return true; });
  });
}

} // namespace nvrhub::net
