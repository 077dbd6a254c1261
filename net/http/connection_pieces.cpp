// Answers that are too large to be held at once: each piece is made when the client has read the one before.
#include <optional>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/write.hpp>

#include "net/http/pieces.hpp"

namespace nvrhub::net {

namespace http = boost::beast::http;
using boost::system::error_code;

/// The client is given time to read what is written now. Meanwhile its place may be taken, if others need it.
void HttpConnection::expect_reading() {
  const MonoTime now = std::chrono::steady_clock::now();
  thread_.pending_connections().join(*this, now);
  thread_.timers().set(*this, now + context_.timeouts.request);
}

void HttpConnection::respond_in_pieces(std::shared_ptr<Pieces> pieces) {
  expect_reading();
  http::async_write_header(stream_, pieces->serializer,
                           [self = shared_from_this(), pieces](const error_code& error, std::size_t) {
                             if (!error) self->send_piece(pieces);
                           });
}

void HttpConnection::send_piece(std::shared_ptr<Pieces> pieces) {
  expect_reading();
  const auto buffer = boost::asio::buffer(std::as_const(pieces->piece));
  const auto sent = [self = shared_from_this(), pieces](const error_code& error, std::size_t) {
    if (!error) self->next_piece(pieces);
  };
  if (pieces->is_chunked) {
    boost::asio::async_write(stream_, http::make_chunk(buffer), sent);
  } else {
    boost::asio::async_write(stream_, buffer, sent);
  }
}

/// The time that the server needs for a piece does not count against the client.
void HttpConnection::next_piece(std::shared_ptr<Pieces> pieces) {
  reservation_.set(0);
  thread_.pending_connections().leave(*this);
  thread_.timers().clear(*this);
  // Its token may have been revoked since the request.
  if (pieces->rest->needs_token() && !client_.credential.grant(context_.admission.guard)) return on_timer({});
  pieces->rest->next([self = shared_from_this(), pieces](std::optional<std::string> piece) {
    boost::asio::post(self->thread_.context(), [self, pieces, piece = std::move(piece)]() mutable {
      if (!piece) return self->on_timer({}); // cut off
      if (piece->empty()) return self->end_pieces(pieces);
      pieces->piece = std::move(*piece);
      self->reservation_.set(pieces->piece.size());
      self->send_piece(pieces);
    });
  });
}

void HttpConnection::end_pieces(std::shared_ptr<Pieces> pieces) {
  if (!pieces->is_chunked) return close_gently();
  expect_reading();
  boost::asio::async_write(stream_, http::make_chunk_last(),
                           [self = shared_from_this(), pieces](const error_code& error, std::size_t) {
                             if (error) return;
                             pieces->keep_alive ? self->next_request() : self->close_gently();
                           });
}

} // namespace nvrhub::net
