#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "api/request.hpp"
#include "net/http/client_identity.hpp"
#include "net/http/http_context.hpp"
#include "net/http/http_request.hpp"
#include "net/reactor/io_pool.hpp"
#include "net/transport/stream.hpp"

namespace nvrhub::net {

/// A new connection: does the TLS handshake if the server uses TLS, then reads HTTP requests and answers them one after
/// another, until one of them upgrades to a WebSocket and the session takes the socket over.
///
/// THREADS: lives on its I/O thread.
class HttpConnection final : public std::enable_shared_from_this<HttpConnection>,
                             public TimerTarget,
                             public PendingConnection,
                             public MemoryConsumer {
public:
  /// Takes over the socket and starts. The connection is destroyed on its own thread, wherever its last reference is
  /// dropped.
  static void start(Socket&& socket, ClientIdentity client, IoThread& thread, HttpContext& context);
  ~HttpConnection();

  void evict() override { on_timer({}); }
  std::size_t cost() const override { return reservation_.get(); }
  void shed() override { on_timer({}); }

private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  HttpConnection(Stream&& stream, ClientIdentity client, IoThread& thread, HttpContext& context);
  void on_timer(MonoTime now) override;
  void handshake();
  void read_header();
  void on_header();
  void read_body();
  bool is_within_address_rate();
  void on_request();
  void upgrade(const HttpRequest& request);
  void refuse(const boost::system::error_code& error);
  /// Counts the response for /metrics.
  void count(const api::Response& answer) const;
  /// At level debug only.
  void log_connection(std::string_view message) const;
  void log_request(int status) const;
  void respond(api::Response answer, bool keep_alive, bool head);

  HttpContext& context_;
  IoThread& thread_;
  Stream stream_;
  ClientIdentity client_;
  const bool is_proxied_; // its address is that of a trusted proxy
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::optional<api::Target> target_; // of the request; nothing: malformed
  std::size_t max_body_ = 0;          // bytes
  MemoryReservation reservation_{context_.memory.held};
  std::string request_line_; // at level debug: method and path of the request, not its query, which may hold a token
  MonoTime received_;        // when the request was complete
  bool upgraded_ = false;    // a WebSocket session has the socket and its place in `connections`
};

} // namespace nvrhub::net
