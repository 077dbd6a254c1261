#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <tl/expected.hpp>

#include "client/address.hpp"

namespace nvrhub::client {

/// How to reach and address a server, from the flags of a command.
struct Server {
  Address address;
  std::string token;                              // empty: none
  std::shared_ptr<boost::asio::ssl::context> tls; // null: plain. It verifies by its authorities.
};

struct Answer {
  unsigned status = 0;
  std::string body;
};

/// Calls one server, on a connection that is kept and opened again when the server has closed it.
/// THREADS: one thread; each call blocks. OWNERSHIP: the server must outlive it.
class HttpClient {
public:
  explicit HttpClient(const Server& server);
  ~HttpClient();

  /// REQUIRES: the call may be repeated: a kept connection that turns out to be closed is replaced by a new one.
  /// ERRORS: a sentence that names the server: no connection, no TLS, an answer that breaks off, or a redirection.
  tl::expected<Answer, std::string> post(std::string_view path, std::string_view content_type, const std::string& body);
  /// As `post`, without a body.
  tl::expected<Answer, std::string> get(std::string_view path);
  /// DELETE, as `get`.
  tl::expected<Answer, std::string> remove(std::string_view path);

private:
  struct Open;
  struct Call;

  tl::expected<Answer, std::string> send(const Call& call);

  const Server& server_;
  boost::asio::io_context io_;
  std::unique_ptr<Open> open_; // null: not connected
};

} // namespace nvrhub::client
