#pragma once

#include <memory>
#include <optional>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "net/api.hpp"
#include "net/io_pool.hpp"
#include "net/services.hpp"

namespace nvrhub::net {

/// A fresh connection: reads HTTP requests and answers them, one after the other, until one asks for a WebSocket, to
/// which the socket then goes. Lives on its I/O thread.
class HttpConnection final : public std::enable_shared_from_this<HttpConnection>, public Deadline {
public:
  /// Takes the socket and starts. Whoever drops the last reference, the connection dies on its own thread.
  static void start(Socket&& socket, IoThread& thread, Services& services);
  ~HttpConnection();

private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using Request = boost::beast::http::request<boost::beast::http::string_body>;

  HttpConnection(Socket&& socket, IoThread& thread, Services& services);
  void on_deadline(MonoTime now) override;
  void read_header();
  void on_header();
  void read_body();
  void on_request();
  void upgrade(Request request);
  void refuse(const boost::system::error_code& error);
  /// Counts the answer for /metrics.
  void count(const ApiResponse& answer) const;
  void respond(ApiResponse answer, bool keep_alive, bool head);

  Services& services_;
  IoThread& thread_;
  Socket socket_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  MonoTime asked_;        // when the last byte of the request was there
  bool upgraded_ = false; // the socket and its place in `connections` went to a WebSocket
};

} // namespace nvrhub::net
