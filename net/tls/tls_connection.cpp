#include "net/tls/tls_connection.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <openssl/err.h>

#include "net/tls/tls_io.hpp"
#include "net/transport/plain_socket.hpp"

namespace nvrhub::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr int receives_per_read = 4; // of records without data
/// Above what one write_some() leaves: answers to a peer that sends key updates and does not read.
constexpr std::size_t max_unsent = TlsIo::max_encrypted + 32 * 1024;
constexpr std::size_t max_joined = 4 * 1024; // waiting bytes that are sent together with new ones

} // namespace

TlsConnection::TlsConnection(SSL_CTX* context) : ssl_(SSL_new(context)) {
  if (!ssl_) throw std::bad_alloc();
  const TlsIo& io = TlsIo::of_this_thread();
  SSL_set0_rbio(ssl_.get(), io.bio());
  SSL_set0_wbio(ssl_.get(), io.bio());
  SSL_set_accept_state(ssl_.get());
}

TlsConnection::Received TlsConnection::read(int socket, error_code& error) {
  TlsIo& io = TlsIo::of_this_thread();
  error = error_;
  if (error_) return {};
  if (has_ended()) {
    error = asio::error::eof;
    return {};
  }
  const std::span<char> buffer = io.receive_buffer();
  for (int receives = 0; receives < receives_per_read; ++receives) {
    const std::size_t count = PlainSocket::receive(socket, buffer, error);
    if (error == asio::error::eof) error = error_ = asio::error::connection_aborted;
    if (error) return {};
    io.set_unread(buffer.first(count));
    const bool was_established = is_established();
    const std::size_t decrypted = decrypt(io.plaintext());
    io.set_unread({});
    if (was_established) count_answers(io.output().size(), decrypted);
    keep_output();
    const bool ended = error_ || has_ended();
    const bool is_full = count == buffer.size();
    if (decrypted > 0 || was_established != is_established())
      return {io.plaintext().first(decrypted), is_full || ended};
    if (error_ || ended) {
      error = error_ ? error_ : error_code(asio::error::eof);
      return {};
    }
  }
  return {{}, true};
}

/// Decrypts all that was received. A record of which a part is missing stays in OpenSSL.
std::size_t TlsConnection::decrypt(std::span<char> into) {
  const TlsIo& io = TlsIo::of_this_thread();
  std::size_t total = 0;
  do {
    std::size_t count = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), into.data() + total, into.size() - total, &count);
    if (result != 1) {
      fail(result);
      break;
    }
    total += count;
  } while (!io.unread().empty() || SSL_pending(ssl_.get()) > 0);
  return total;
}

void TlsConnection::count_answers(std::size_t bytes, std::size_t decrypted) {
  if (bytes > answers_left_ && !error_) error_ = asio::error::connection_aborted;
  const std::size_t left = answers_left_ - std::min<std::size_t>(bytes, answers_left_);
  answers_left_ = static_cast<std::uint16_t>(std::min<std::size_t>(max_answers, left + decrypted / 16));
}

void TlsConnection::fail(int result) {
  const int reason = SSL_get_error(ssl_.get(), result);
  if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_ZERO_RETURN) return;
  const auto first = ERR_peek_error();
  error_ = first != 0 ? error_code(static_cast<int>(first), asio::error::get_ssl_category())
                      : error_code(asio::error::connection_aborted);
  ERR_clear_error();
}

/// What OpenSSL has written stays until flush().
void TlsConnection::keep_output() {
  std::vector<char>& output = TlsIo::of_this_thread().output();
  unsent_.insert(unsent_.end(), output.begin(), output.end());
  output.clear();
  if (unsent_.size() > max_unsent && !error_) error_ = asio::error::no_buffer_space;
}

std::size_t TlsConnection::write_some(int socket, std::span<const iovec> frames, error_code& error) {
  error = error_;
  if (error_) return 0;
  if (blocked_ || frames.empty() || unsent_.size() > max_joined) {
    flush(socket, error);
    if (error || frames.empty()) return 0;
  }
  std::vector<char>& output = TlsIo::of_this_thread().output();
  output.assign(unsent_.begin(), unsent_.end());
  const std::size_t encrypted = encrypt(frames);
  std::size_t sent = 0;
  if (!error_) blocked_ = !send(socket, output, sent);
  output.erase(output.begin(), output.begin() + static_cast<std::ptrdiff_t>(sent));
  unsent_ = {};
  keep_output();
  error = error_;
  return error_ ? 0 : encrypted;
}

/// Many small frames become one record.
std::size_t TlsConnection::encrypt(std::span<const iovec> frames) {
  const std::span<char> record = TlsIo::of_this_thread().record();
  std::size_t total = 0;
  std::size_t collected = 0;
  for (const iovec& frame : frames) {
    std::span<const char> rest{static_cast<const char*>(frame.iov_base), frame.iov_len};
    rest = rest.first(std::min(rest.size(), TlsIo::max_encrypted - total));
    while (!rest.empty()) {
      const std::size_t size = std::min(rest.size(), record.size() - collected);
      const bool is_whole = size == record.size(); // needs no copy
      if (!is_whole) std::memcpy(record.data() + collected, rest.data(), size);
      collected += size;
      if (collected == record.size()) {
        if (!encrypt_record(is_whole ? rest.first(size) : record)) return total;
        collected = 0;
      }
      rest = rest.subspan(size);
      total += size;
    }
    if (total == TlsIo::max_encrypted) break;
  }
  if (collected > 0) encrypt_record(record.first(collected));
  return total;
}

bool TlsConnection::encrypt_record(std::span<const char> bytes) {
  std::size_t count = 0;
  ERR_clear_error();
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
  if (result == 1) return true;
  fail(result);
  if (!error_) error_ = asio::error::connection_aborted; // the handshake is not over, or the peer wants another
  return false;
}

/// False: the socket has not accepted all of `bytes`.
bool TlsConnection::send(int socket, std::span<const char> bytes, std::size_t& sent) {
  iovec all{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()}; // only read from
  error_code error;
  sent = PlainSocket::send(socket, {&all, 1}, error);
  if (!error || error == asio::error::would_block) return sent == bytes.size();
  error_ = error;
  sent = bytes.size(); // nothing will ever be
  return true;
}

void TlsConnection::flush(int socket, error_code& error) {
  error = error_;
  if (unsent_.empty()) return;
  std::size_t sent = 0;
  blocked_ = !send(socket, unsent_, sent);
  unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(sent));
  if (unsent_.empty()) unsent_ = {};
  error = error_;
  if (blocked_ && !error_) error = asio::error::would_block;
}

void TlsConnection::close_notify() {
  if (error_ || !is_established() || (SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) != 0) return;
  ERR_clear_error();
  const int result = SSL_shutdown(ssl_.get());
  if (result < 0) fail(result);
  keep_output();
}

} // namespace nvrhub::net
