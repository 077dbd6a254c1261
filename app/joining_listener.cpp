#include "app/joining_listener.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include "api/request.hpp"

namespace nvrhub::app {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::chrono::seconds connection_limit{5};
constexpr std::size_t max_open = 256;
constexpr std::chrono::milliseconds accept_pause{100}; // after an error, e.g. for want of descriptors

using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

/// One request and its answer.
template <class Stream>
class Connection : public std::enable_shared_from_this<Connection<Stream>> {
public:
  Connection(Stream stream, std::shared_ptr<const void> place) : stream_(std::move(stream)), place_(std::move(place)) {}

  void start() {
    beast::get_lowest_layer(stream_).expires_after(connection_limit);
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      stream_.async_handshake(asio::ssl::stream_base::server, [self = this->shared_from_this()](auto error) {
        if (!error) self->read();
      });
    } else {
      read();
    }
  }

private:
  void read() {
    http::async_read_header(stream_, buffer_, request_, [self = this->shared_from_this()](auto error, std::size_t) {
      if (!error) self->answer();
    });
  }

  void answer() {
    const bool is_alive_check = request_.get().target() == "/healthz";
    const api::Response about =
        is_alive_check ? api::Response{200, R"({"status":"ok"})"}
                       : api::error_response(503, "joining", "the server is joining its cluster; try another one");
    response_.result(static_cast<unsigned>(about.status));
    response_.set(http::field::content_type, about.content_type);
    response_.set(http::field::cache_control, about.cache_control);
    if (about.retry_after_s > 0) response_.set(http::field::retry_after, std::to_string(about.retry_after_s));
    response_.keep_alive(false);
    response_.body() = about.body;
    response_.prepare_payload();
    http::async_write(stream_, response_, [self = this->shared_from_this()](auto, std::size_t) {
      beast::error_code ignored;
      beast::get_lowest_layer(self->stream_).socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
    });
  }

  Stream stream_;
  const std::shared_ptr<const void> place_; // among max_open
  beast::flat_buffer buffer_;
  http::request_parser<http::empty_body> request_;
  http::response<http::string_body> response_;
};

} // namespace

class JoiningListener::Impl {
public:
  Impl(const asio::ip::tcp::endpoint& endpoint, SSL_CTX* tls) : acceptor_(io_, endpoint) {
    if (tls != nullptr) {
      SSL_CTX_up_ref(tls); // the context owns one
      tls_.emplace(tls);
    }
    accept();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Impl() {
    io_.stop();
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

private:
  void accept() {
    acceptor_.async_accept([this](auto error, asio::ip::tcp::socket socket) {
      if (!error && places_.use_count() <= static_cast<long>(max_open)) connect(PlainStream(std::move(socket)));
      if (!error) return accept();
      pause_.expires_after(accept_pause);
      pause_.async_wait([this](auto stopped) {
        if (!stopped) accept();
      });
    });
  }

  void connect(PlainStream stream) {
    if (tls_) {
      std::make_shared<Connection<TlsStream>>(TlsStream(std::move(stream), *tls_), places_)->start();
    } else {
      std::make_shared<Connection<PlainStream>>(std::move(stream), places_)->start();
    }
  }

  asio::io_context io_{1};
  std::optional<asio::ssl::context> tls_;
  asio::ip::tcp::acceptor acceptor_;
  asio::steady_timer pause_{io_};
  std::shared_ptr<const int> places_ = std::make_shared<const int>(0); // its owners are this and the connections
  std::thread thread_;
};

JoiningListener::JoiningListener(const std::string& address, std::uint16_t port, const net::TlsFiles& files) {
  net::Tls tls;
  if (files.wanted() && !tls.load(files)) return;
  const auto context = tls.context();
  try {
    impl_ = std::make_unique<Impl>(asio::ip::tcp::endpoint(asio::ip::make_address(address), port),
                                   context ? context->native.get() : nullptr);
  } catch (const std::exception&) { // the server tries again, and says why it fails
  }
}

JoiningListener::~JoiningListener() = default;

} // namespace nvrhub::app
