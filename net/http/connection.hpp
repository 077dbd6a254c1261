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
#include "net/http/cors.hpp"
#include "net/http/http_context.hpp"
#include "net/http/http_request.hpp"
#include "net/http/proxied_client.hpp"
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
  void begin();
  void on_preamble(const ProxyPreamble& preamble);
  void begin_handshake();
  void await_handshake();
  void queue_handshake();
  void continue_handshake();
  void refuse_plain();
  void next_request();
  void await_request();
  void read_header();
  void on_header();
  std::optional<api::Response> answer_to_header();
  void read_body();
  void on_request();
  void upgrade(const HttpRequest& request);
  void refuse(const boost::system::error_code& error);
  /// Counts the response for /metrics.
  void count(const api::Response& answer) const;
  /// At level debug only.
  void log_connection(std::string_view message) const;
  void log_request(int status) const;
  void respond(api::Response answer, bool keep_alive);
  /// An answer whose body is made while the client reads it.
  struct Pieces;
  void respond_in_pieces(std::shared_ptr<Pieces> pieces);
  void send_piece(std::shared_ptr<Pieces> pieces);
  void next_piece(std::shared_ptr<Pieces> pieces);
  void end_pieces(std::shared_ptr<Pieces> pieces);
  void expect_reading();
  void close_gently();
  void linger();

  HttpContext& context_;
  IoThread& thread_;
  Stream stream_;
  ClientIdentity client_;
  ProxiedClient proxied_;
  boost::beast::flat_buffer buffer_;
  bool served_ = false; // a request before this one
  // ---- of the current request ----
  std::optional<Parser> parser_;
  std::optional<api::Target> target_;   // nothing: malformed
  api::Request call_;                   // without the body
  std::optional<api::Response> answer_; // if the header decided it
  Cors cors_;
  bool is_head_ = false;
  bool is_upgrade_ = false;
  bool knows_chunks_ = false; // HTTP/1.1
  bool keep_alive_ = false;
  std::size_t max_body_ = 0; // bytes
  // ---- of the connection ----
  MonoTime handshake_until_; // later by the time for which the handshake waited for its turn
  MemoryReservation reservation_{context_.memory.held};
  std::string request_line_; // at level debug: method and path of the request, not its query, which may hold a token
  MonoTime received_;        // when the request was complete
  MonoTime linger_until_;    // for its close
  std::uint64_t linger_bytes_ = 512U << 20; // that the client may still send then
  bool upgraded_ = false;                   // a WebSocket session has the socket and its place in `connections`
};

} // namespace nvrhub::net
