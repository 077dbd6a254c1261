#include "net/websocket/sender.hpp"

#include <array>

namespace nvrhub::net {

namespace {

constexpr std::size_t frames_per_send = 64;

} // namespace

std::size_t Sender::flush(Wire& wire, const std::shared_ptr<Flushable>& owner) {
  std::array<iovec, frames_per_send> frames;
  std::size_t total = 0;
  while ((!out_.empty() || wire.unsent_bytes() > 0) && !waiting_ && !error_) {
    boost::system::error_code error;
    const std::size_t sent = wire.write_some(out_.gather(frames), error);
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

} // namespace nvrhub::net
