#include "client/http_client.hpp"

#include <utility>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "client/connect.hpp"

namespace nvrhub::client {

namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using Error = tl::unexpected<std::string>;

constexpr std::size_t max_answer = 64 << 20;

using Request = http::request<http::string_body>;
using Parser = http::response_parser<http::string_body>;

template <class Stream>
void exchange(Stream& stream, const Request& request, boost::beast::flat_buffer& buffer, Parser& parser,
              error_code& error) {
  http::write(stream, request, error);
  error_code cannot_read;
  // A server that refuses a request may answer before it has read all of it.
  http::read(stream, buffer, parser, cannot_read);
  if (!parser.is_done()) {
    if (!error) error = cannot_read;
    return;
  }
  error = {};
}

} // namespace

struct HttpClient::Open {
  std::unique_ptr<Connection> connection;
  boost::beast::flat_buffer buffer;
};

struct HttpClient::Call {
  http::verb method;
  std::string_view path;
  std::string_view content_type; // empty: no body
  std::string_view body;
};

HttpClient::HttpClient(const Server& server) : server_(server) {}

HttpClient::~HttpClient() = default;

tl::expected<Answer, std::string> HttpClient::post(std::string_view path, std::string_view content_type,
                                                   const std::string& body) {
  return send({http::verb::post, path, content_type, body});
}

tl::expected<Answer, std::string> HttpClient::get(std::string_view path) {
  return send({http::verb::get, path, {}, {}});
}

tl::expected<Answer, std::string> HttpClient::remove(std::string_view path) {
  return send({http::verb::delete_, path, {}, {}});
}

tl::expected<Answer, std::string> HttpClient::send(const Call& call) {
  Request request(call.method, boost::string_view(call.path.data(), call.path.size()), 11, std::string(call.body));
  request.set(http::field::host, server_.address.authority());
  request.set(http::field::user_agent, "nvrhub");
  if (!call.content_type.empty())
    request.set(http::field::content_type, boost::string_view(call.content_type.data(), call.content_type.size()));
  if (!server_.token.empty()) request.set(http::field::authorization, "Bearer " + server_.token);
  request.prepare_payload();

  while (true) {
    const bool is_kept = open_ != nullptr;
    if (!is_kept) {
      auto connection = connect(io_, server_.address, server_.tls.get());
      if (!connection) return Error(std::move(connection.error()));
      open_ = std::make_unique<Open>();
      open_->connection = std::move(*connection);
    }
    Parser parser;
    parser.body_limit(max_answer);
    error_code error;
    if (auto& tls = open_->connection->tls) {
      exchange(*tls, request, open_->buffer, parser, error);
    } else {
      exchange(open_->connection->socket, request, open_->buffer, parser, error);
    }
    if (error) {
      open_.reset();
      if (is_kept) continue; // closed while it was idle
      return Error(server_.address.authority() + ": no complete HTTP answer: " + error.message() +
                   (server_.tls ? "" : "; if the server speaks TLS, use https:// in --server"));
    }
    const auto& response = parser.get();
    if (!response.keep_alive()) open_.reset();
    const unsigned status = response.result_int();
    if (status >= 300 && status < 400) {
      return Error(server_.address.authority() + ": redirects to \"" + std::string(response[http::field::location]) +
                   "\" (" + std::to_string(status) + "): use that address in --server");
    }
    return Answer{status, response.body()};
  }
}

} // namespace nvrhub::client
