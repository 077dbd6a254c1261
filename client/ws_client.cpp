#include "client/ws_client.hpp"

#include <algorithm>
#include <charconv>
#include <type_traits>
#include <utility>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "client/connect.hpp"

namespace nvrhub::client {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// The concrete executor type instead of any_io_executor saves a virtual call and a reference count per operation.
struct Socket : asio::basic_stream_socket<tcp, asio::io_context::executor_type> {
  using asio::basic_stream_socket<tcp, asio::io_context::executor_type>::basic_stream_socket;
};
struct TlsSocket : asio::ssl::stream<Socket> {
  using asio::ssl::stream<Socket>::stream;
};

Socket& tcp_socket(Socket& socket) {
  return socket;
}
Socket& tcp_socket(TlsSocket& socket) {
  return socket.next_layer();
}

template <class Handler>
void close_and_post(Socket& socket, Handler&& handler) {
  error_code ignored;
  socket.close(ignored);
  asio::post(socket.get_executor(), beast::bind_front_handler(std::forward<Handler>(handler), error_code{}));
}

/// Called by Beast after both close frames. A client has nothing to wait for then; Beast's own teardown of a plain
/// socket crashed here in builds with AddressSanitizer (g++ 12).
template <class Handler>
void async_teardown(beast::role_type, Socket& socket, Handler&& handler) {
  close_and_post(socket, std::forward<Handler>(handler));
}
template <class Handler>
void async_teardown(beast::role_type, TlsSocket& socket, Handler&& handler) {
  close_and_post(tcp_socket(socket), std::forward<Handler>(handler));
}

constexpr std::size_t max_incoming = 16 << 20;

std::optional<std::chrono::milliseconds> retry_after(const websocket::response_type& response) {
  const auto header = response[beast::http::field::retry_after];
  unsigned seconds = 0;
  const auto [end, failed] = std::from_chars(header.data(), header.data() + header.size(), seconds);
  if (header.empty() || failed != std::errc{} || end == header.data()) return std::nullopt;
  return std::chrono::seconds(std::min(seconds, 3600u));
}

/// `Layer`: Socket or TlsSocket.
template <class Layer>
class BeastClient final : public WsClient, public std::enable_shared_from_this<BeastClient<Layer>> {
  using Self = std::enable_shared_from_this<BeastClient<Layer>>;
  using Self::shared_from_this;
  static constexpr bool is_tls = std::is_same_v<Layer, TlsSocket>;

public:
  template <class... Tls>
  BeastClient(asio::io_context& context, WsListener& listener, Tls&... tls)
      : stream_(context.get_executor(), tls...), listener_(&listener) {
    stream_.secure_prng(false); // the mask protects proxies against browser scripts, which do not exist here
    stream_.auto_fragment(false);
    stream_.read_message_max(max_incoming);
  }

  void open(const Server& server, const tcp::endpoint& endpoint, const WsRequest& request) {
    handshake_ = std::make_unique<Handshake>(server.address, request);
    if constexpr (is_tls) expect_server(stream_.next_layer(), server.address);
    if (request.idle_timeout.count() > 0) {
      stream_.set_option(websocket::stream_base::timeout{websocket::stream_base::none(), request.idle_timeout, true});
    }
    socket().async_connect(endpoint, [self = shared_from_this()](const error_code& error) {
      error ? self->end({.kind = WsEnd::Kind::no_connection, .error = error}) : self->connected();
    });
  }

  bool busy() const override { return busy_; }

  void send(std::string frame) override {
    busy_ = true;
    frame_ = std::move(frame);
    stream_.async_write(asio::buffer(frame_),
                        [self = shared_from_this()](const error_code& error, std::size_t) { self->written(error); });
  }

  void close(std::uint16_t code) override {
    listener_ = nullptr;
    if (!stream_.is_open()) return shut();
    stream_.async_close(websocket::close_reason(static_cast<websocket::close_code>(code)),
                        [self = shared_from_this()](const error_code&) { self->shut(); });
  }

  void abort() override {
    listener_ = nullptr;
    shut();
  }

private:
  struct Handshake {
    Handshake(Address server, const WsRequest& request)
        : address(std::move(server)), path(request.path), token(request.bearer_token), user_agent(request.user_agent) {}
    Address address;
    std::string path;
    std::string token;
    std::string user_agent;
    websocket::response_type response;
  };

  Socket& socket() { return tcp_socket(stream_.next_layer()); }

  void connected() {
    if (listener_ == nullptr) return shut();
    error_code ignored;
    socket().set_option(tcp::no_delay(true), ignored);
    if constexpr (is_tls) {
      stream_.next_layer().async_handshake(
          asio::ssl::stream_base::client,
          [self = shared_from_this()](const error_code& error) { error ? self->no_tls(error) : self->upgrade(); });
    } else {
      upgrade();
    }
  }

  void no_tls(const error_code& error) {
    if constexpr (is_tls) {
      end({.kind = WsEnd::Kind::no_connection,
           .error = error,
           .reason = describe_handshake_error(error, stream_.next_layer().native_handle(), handshake_->address)});
    }
  }

  void upgrade() {
    if (listener_ == nullptr) return shut();
    stream_.set_option(websocket::stream_base::decorator(
        [token = handshake_->token, user_agent = handshake_->user_agent](websocket::request_type& request) {
          request.set(beast::http::field::user_agent, user_agent);
          if (!token.empty()) request.set(beast::http::field::authorization, "Bearer " + token);
        }));
    stream_.async_handshake(handshake_->response, handshake_->address.authority(), handshake_->path,
                            [self = shared_from_this()](const error_code& error) { self->upgraded(error); });
  }

  void upgraded(const error_code& error) {
    const auto handshake = std::move(handshake_);
    stream_.set_option(websocket::stream_base::decorator([](websocket::request_type&) {})); // releases the token
    if (error == websocket::error::upgrade_declined)
      return end({.kind = WsEnd::Kind::refused,
                  .error = error,
                  .http_status = handshake->response.result_int(),
                  .retry_after = retry_after(handshake->response)});
    if (error) return end({.kind = WsEnd::Kind::broken, .error = error});
    if (listener_ == nullptr) return shut();
    stream_.text(true);
    read();
    listener_->on_open();
  }

  void read() {
    stream_.async_read(buffer_,
                       [self = shared_from_this()](const error_code& error, std::size_t) { self->received(error); });
  }

  void received(const error_code& error) {
    if (error == websocket::error::closed)
      return end({.kind = WsEnd::Kind::closed,
                  .error = error,
                  .close_code = stream_.reason().code,
                  .reason = std::string(stream_.reason().reason.data(), stream_.reason().reason.size())});
    if (error) return end({.kind = WsEnd::Kind::broken, .error = error});
    if (listener_ != nullptr) listener_->on_text({static_cast<const char*>(buffer_.data().data()), buffer_.size()});
    buffer_.clear();
    read();
  }

  void written(const error_code& error) {
    frame_ = {};
    // The pending read fails too, and only it receives the close code. Closing the socket ends it, unless Beast is
    // already closing.
    if (error) return error == asio::error::operation_aborted ? void() : shut();
    busy_ = false;
    if (listener_ != nullptr) listener_->on_sent();
  }

  void end(const WsEnd& how) {
    shut();
    if (WsListener* listener = std::exchange(listener_, nullptr)) listener->on_end(how);
  }

  void shut() {
    error_code ignored;
    socket().close(ignored);
  }

  websocket::stream<Layer, false> stream_; // false: no permessage-deflate
  WsListener* listener_;
  std::unique_ptr<Handshake> handshake_; // while connecting
  beast::flat_buffer buffer_;
  std::string frame_; // being written
  bool busy_ = false;
};

} // namespace

std::shared_ptr<WsClient> open_ws(asio::io_context& context, const Server& server, const tcp::endpoint& endpoint,
                                  const WsRequest& request, WsListener& listener) {
  const auto open = [&](auto made) -> std::shared_ptr<WsClient> {
    made->open(server, endpoint, request);
    return made;
  };
  if (asio::ssl::context* const tls = server.tls.get()) {
    return open(std::make_shared<BeastClient<TlsSocket>>(context, listener, *tls));
  }
  return open(std::make_shared<BeastClient<Socket>>(context, listener));
}

} // namespace nvrhub::client
