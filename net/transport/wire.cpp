#include "net/transport/wire.hpp"

namespace nvrhub::net {

using boost::system::error_code;

Wire::Received Wire::read_some(std::span<char> buffer, error_code& error) {
  if (tls_) {
    const TlsConnection::Received received = tls_->read(socket_.descriptor(), error);
    error_code failed; // if the socket is gone, the next read returns it
    if (!tls_->is_blocked()) tls_->flush(socket_.descriptor(), failed);
    return {received.bytes, received.more};
  }
  const std::size_t count = socket_.read_some(buffer, error);
  return {buffer.first(count), count == buffer.size()}; // a short read empties the socket
}

std::size_t Wire::write_some(std::span<iovec> from, error_code& error) {
  return tls_ ? tls_->write_some(socket_.descriptor(), from, error) : socket_.write_some(from, error);
}

void Wire::shutdown_send() {
  if (tls_) {
    error_code ignored;
    tls_->close_notify();
    tls_->flush(socket_.descriptor(), ignored);
  }
  socket_.shutdown_send();
}

} // namespace nvrhub::net
