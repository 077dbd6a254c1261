#include "net/gather_stream.hpp"

namespace nvrhub::net {

namespace {

constexpr std::size_t frames_per_send = 64; // Asio passes no more buffers to one sendmsg

} // namespace

std::size_t GatherStream::flush(const std::shared_ptr<Flushable>& owner) {
  std::size_t total = 0;
  while (!out_.empty() && !waiting_ && !error_) {
    boost::system::error_code error;
    const std::size_t sent = socket_.write_some(out_.gather(frames_per_send), error);
    out_.consume(sent);
    total += sent;
    if (error == boost::asio::error::would_block) {
      waiting_ = true;
      socket_.async_wait(Socket::wait_write, [this, owner](const boost::system::error_code& failed) {
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

} // namespace nvrhub::net
