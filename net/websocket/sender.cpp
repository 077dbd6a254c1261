#include "net/websocket/sender.hpp"

#include <algorithm>
#include <array>

namespace nvrhub::net {

namespace {

constexpr std::size_t frames_per_send = 64;
constexpr std::size_t tls_piece = 16 * 1024; // the maximum of a TLS record

} // namespace

std::size_t Sender::flush(Wire& wire, const std::shared_ptr<Flushable>& owner) {
  if (!wire.is_tls()) return flush_plain(wire.plain(), owner);
  flush_tls(wire.tls(), owner);
  return std::exchange(sent_, 0);
}

std::size_t Sender::flush_plain(const PlainSocket& socket, const std::shared_ptr<Flushable>& owner) {
  std::array<iovec, frames_per_send> frames;
  std::size_t total = 0;
  while (!out_.empty() && !waiting_ && !error_) {
    boost::system::error_code error;
    const std::size_t sent = socket.write_some(out_.gather(frames), error);
    out_.consume(sent);
    total += sent;
    if (error == boost::asio::error::would_block) {
      waiting_ = true;
      owner_ = owner;
    } else {
      error_ = error;
    }
  }
  if (error_) out_ = {};
  return total;
}

void Sender::on_writable() {
  if (!owner_) return;
  waiting_ = false;
  const auto owner = std::exchange(owner_, nullptr);
  owner->flush();
}

/// One record at a time: its bytes must not change until the socket has accepted the ciphertext.
void Sender::flush_tls(Stream::Tls& stream, const std::shared_ptr<Flushable>& owner) {
  if (error_) out_ = {};
  if (out_.empty() || waiting_ || error_) return;
  waiting_ = true;
  const auto piece = std::make_shared<const std::string>(out_.copy(tls_piece));
  stream.async_write_some(boost::asio::buffer(*piece),
                          [this, owner, piece](const boost::system::error_code& error, std::size_t sent) {
                            waiting_ = false;
                            error_ = error;
                            out_.consume(std::min(sent, out_.bytes()));
                            sent_ += sent;
                            owner->flush();
                          });
}

} // namespace nvrhub::net
