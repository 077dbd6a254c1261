#include "net/transport/stream.hpp"

#include <algorithm>

namespace nvrhub::net {

using boost::system::error_code;

/// What a complete handshake makes OpenSSL send is flushed with the first response, or before the next wait.
void Stream::handshake(error_code& error) {
  if (!tls_) tls_ = std::make_unique<TlsConnection>(context_->native.get());
  context_.reset();
  const TlsConnection::Received received = tls_->read(socket_.native_handle(), error);
  received_.append(received.bytes.data(), received.bytes.size());
  if (!error && tls_->is_established()) return;
  if (!error) error = boost::asio::error::would_block;
  flush_answers(error);
}

void Stream::flush_answers(error_code& error) {
  error_code failed;
  flush(failed);
  if (failed && failed != boost::asio::error::would_block) error = failed;
}

std::size_t Stream::read(const boost::asio::mutable_buffer& into, error_code& error) {
  std::span<const char> bytes = received_;
  if (received_.empty()) {
    const TlsConnection::Received received = tls_->read(socket_.native_handle(), error);
    bytes = received.bytes;
    if (!error && bytes.empty()) error = boost::asio::error::would_block;
    if (error) {
      flush_answers(error);
      return 0;
    }
  }
  const std::size_t count = std::min(into.size(), bytes.size());
  std::copy_n(bytes.begin(), count, static_cast<char*>(into.data()));
  received_ = std::string(bytes.begin() + static_cast<std::ptrdiff_t>(count), bytes.end());
  return count;
}

} // namespace nvrhub::net
