#pragma once

#include <memory>
#include <optional>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "net/api.hpp"
#include "net/io_pool.hpp"
#include "net/peer.hpp"
#include "net/services.hpp"
#include "net/stream.hpp"

namespace nvrhub::net {

/// A fresh connection: greets TLS where the server speaks it, reads HTTP requests and answers them, one after the
/// other, until one asks for a WebSocket, to which the socket then goes. Lives on its I/O thread.
class HttpConnection final : public std::enable_shared_from_this<HttpConnection>,
                             public Deadline,
                             public Newcomer,
                             public Holder {
public:
  /// Takes the connection and starts. Whoever drops the last reference, the connection dies on its own thread.
  static void start(Socket&& socket, Peer peer, IoThread& thread, Services& services);
  ~HttpConnection();

  void evict() override { on_deadline({}); }
  std::size_t cost() const override { return held_.get(); }
  void relieve() override { on_deadline({}); }

private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  HttpConnection(Stream&& stream, Peer peer, IoThread& thread, Services& services);
  void on_deadline(MonoTime now) override;
  void handshake();
  void read_header();
  void on_header();
  void read_body();
  bool is_admitted();
  void on_request();
  void upgrade(const HttpRequest& request);
  void refuse(const boost::system::error_code& error);
  /// Counts the answer for /metrics.
  void count(const ApiResponse& answer) const;
  void respond(ApiResponse answer, bool keep_alive, bool head);

  Services& services_;
  IoThread& thread_;
  Stream stream_;
  Peer peer_;
  const bool is_proxied_; // its address is that of a proxy of ours
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::optional<Target> target_; // of the request; nothing: it is malformed
  std::size_t max_body_ = 0;     // bytes that its body may have
  Held held_{services_.memory.held};
  MonoTime asked_;        // when the last byte of the request was there
  bool upgraded_ = false; // the socket and its place in `connections` went to a WebSocket
};

} // namespace nvrhub::net
