#include "net/sender.hpp"

#include <algorithm>

namespace nvrhub::net {

namespace {

constexpr std::size_t frames_per_send = 64;  // Asio passes no more buffers to one sendmsg
constexpr std::size_t tls_piece = 16 * 1024; // a record of TLS holds no more

} // namespace

std::size_t Sender::flush(Stream& stream, const std::shared_ptr<Flushable>& owner) {
  if (!stream.is_tls()) return flush_plain(stream, owner);
  flush_tls(stream, owner);
  return std::exchange(sent_, 0);
}

std::size_t Sender::flush_plain(Stream& stream, const std::shared_ptr<Flushable>& owner) {
  std::size_t total = 0;
  while (!out_.empty() && !waiting_ && !error_) {
    boost::system::error_code error;
    const std::size_t sent = stream.socket().write_some(out_.gather(frames_per_send), error);
    out_.consume(sent);
    total += sent;
    if (error == boost::asio::error::would_block) {
      waiting_ = true;
      stream.socket().async_wait(Socket::wait_write, [this, owner](const boost::system::error_code& failed) {
        waiting_ = false;
        if (failed) error_ = failed;
        owner->flush();
      });
    } else {
      error_ = error;
    }
  }
  if (error_) out_ = {};
  return total;
}

/// One record after the other: what is written must stay as it is until the socket took its ciphertext.
void Sender::flush_tls(Stream& stream, const std::shared_ptr<Flushable>& owner) {
  if (error_) out_ = {};
  if (out_.empty() || waiting_ || error_) return;
  waiting_ = true;
  const auto piece = std::make_shared<const std::string>(out_.copy(tls_piece));
  stream.tls().async_write_some(boost::asio::buffer(*piece),
                                [this, owner, piece](const boost::system::error_code& error, std::size_t sent) {
                                  waiting_ = false;
                                  error_ = error;
                                  out_.consume(std::min(sent, out_.bytes()));
                                  sent_ += sent;
                                  owner->flush();
                                });
}

} // namespace nvrhub::net
