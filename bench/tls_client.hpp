#pragma once

// A client's side of TLS over a socket, so that the load programs can use either. Certificates are not verified.

#include <cerrno>
#include <cstddef>
#include <string>

#include <openssl/ssl.h>
#include <unistd.h>

#include "client.hpp"

namespace bench {

/// What read() and write() do, with TLS if `ssl` is not null.
struct Link {
  int fd = -1;
  SSL* ssl = nullptr;
  bool resumed = false; // an earlier session
};

/// One context per process; its connections may resume earlier sessions.
inline SSL_CTX* tls_context() {
  static SSL_CTX* const context = [] {
    SSL_CTX* const fresh = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_mode(fresh,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(fresh, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    return fresh;
  }();
  return context;
}

/// `session`: to resume, or null.
inline Link start_tls(int fd, SSL_SESSION* session = nullptr) {
  Link link{.fd = fd, .ssl = SSL_new(tls_context())};
  SSL_set_fd(link.ssl, fd);
  SSL_set_connect_state(link.ssl);
  if (session != nullptr) SSL_set_session(link.ssl, session);
  return link;
}

inline ssize_t result_of(const Link& link, int result, std::size_t count) {
  if (result == 1) return static_cast<ssize_t>(count);
  const int reason = SSL_get_error(link.ssl, result);
  if (reason == SSL_ERROR_ZERO_RETURN) return 0;
  errno = reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE ? EAGAIN : ECONNRESET;
  return -1;
}

inline ssize_t read_some(const Link& link, char* into, std::size_t size) {
  if (link.ssl == nullptr) return read(link.fd, into, size);
  std::size_t count = 0;
  const int result = SSL_read_ex(link.ssl, into, size, &count);
  return result_of(link, result, count);
}

inline ssize_t write_some(const Link& link, const char* from, std::size_t size) {
  if (link.ssl == nullptr) return write(link.fd, from, size);
  std::size_t count = 0;
  const int result = SSL_write_ex(link.ssl, from, size, &count);
  return result_of(link, result, count);
}

inline void send_all(const Link& link, const std::string& bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t count = write_some(link, bytes.data() + at, bytes.size() - at);
    if (count < 0) die("write");
    at += static_cast<std::size_t>(count);
  }
}

inline std::string read_until(const Link& link, const std::string& mark) {
  std::string got;
  char piece[4096];
  while (got.find(mark) == std::string::npos) {
    const ssize_t count = read_some(link, piece, sizeof piece);
    if (count <= 0) die("the server closed the connection; received: " + got);
    got.append(piece, static_cast<std::size_t>(count));
  }
  return got;
}

/// Opens a connection, with TLS if `tls`, and completes the WebSocket upgrade. The socket blocks.
inline Link open_link(std::uint16_t port, const std::string& path, bool tls) {
  if (!tls) return {.fd = open_websocket(port, path)};
  Link link = start_tls(connect_to(port));
  send_all(link, upgrade_request(path));
  std::string answer; // one byte at a time: the bytes after the header belong to a frame
  for (char byte; !answer.ends_with("\r\n\r\n"); answer += byte) {
    if (read_some(link, &byte, 1) != 1) die("the server closed the connection; received: " + answer);
  }
  return link;
}

/// Closes the socket without a close_notify, as a client does that loses its power or its network.
inline void close_link(Link& link) {
  if (link.ssl != nullptr) SSL_set_shutdown(link.ssl, SSL_SENT_SHUTDOWN); // else its session could not be resumed
  SSL_free(link.ssl);
  close(link.fd);
  link = {};
}

} // namespace bench
