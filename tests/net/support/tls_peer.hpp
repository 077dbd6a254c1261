#pragma once

// A TLS server's connection on a socketpair, and its client, which OpenSSL runs in memory: a test sends the client's
// ciphertext in the pieces that it wants.

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include <boost/asio/error.hpp>
#include <catch2/catch.hpp>
#include <openssl/ssl.h>

#include "net/support/identity.hpp"
#include "net/tls/tls.hpp"
#include "net/tls/tls_connection.hpp"
#include "net/transport/plain_socket.hpp"

namespace nvrhub::net::test {

using SslContext = std::unique_ptr<SSL_CTX, TlsContext::Free>;

inline SslContext server_context(const Identity& identity) {
  SslContext context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  REQUIRE(SSL_CTX_use_certificate(context.get(), identity.certificate.get()) == 1);
  REQUIRE(SSL_CTX_use_PrivateKey(context.get(), identity.key.get()) == 1);
  return context;
}

class TlsClient {
public:
  explicit TlsClient(int version = TLS1_3_VERSION, const Identity* identity = nullptr, SSL_SESSION* session = nullptr)
      : context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_.get())) {
    SSL_set_min_proto_version(ssl_.get(), version);
    SSL_set_max_proto_version(ssl_.get(), version);
    if (identity != nullptr) {
      SSL_use_certificate(ssl_.get(), identity->certificate.get());
      SSL_use_PrivateKey(ssl_.get(), identity->key.get());
    }
    if (session != nullptr) SSL_set_session(ssl_.get(), session);
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_.get());
    SSL_do_handshake(ssl_.get());
  }

  SSL* native() const { return ssl_.get(); }
  bool is_established() const { return SSL_is_init_finished(ssl_.get()) == 1; }
  void write(const std::string& text) {
    REQUIRE(SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())) > 0);
  }
  /// The ciphertext that it has for the server.
  std::string take_output() {
    std::string bytes(BIO_ctrl_pending(SSL_get_wbio(ssl_.get())), '\0');
    if (!bytes.empty()) BIO_read(SSL_get_wbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }
  /// Takes ciphertext of the server and returns what it decrypts to.
  std::string receive(const std::string& bytes) {
    if (!bytes.empty()) BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
    std::string text;
    std::array<char, 16 * 1024> piece{};
    for (int count = 0; (count = SSL_read(ssl_.get(), piece.data(), piece.size())) > 0;)
      text.append(piece.data(), static_cast<std::size_t>(count));
    return text;
  }
  bool was_told_end() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }

private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  SslContext context_;
  std::unique_ptr<SSL, Free> ssl_;
};

/// Both sides.
struct TlsPair {
  explicit TlsPair(SSL_CTX* context, int version = TLS1_3_VERSION, const Identity* identity = nullptr,
                   SSL_SESSION* session = nullptr)
      : server(context), client(version, identity, session) {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
    ours = PlainSocket(ends[0]);
    theirs = PlainSocket(ends[1]);
  }

  void send_raw(std::string bytes) const {
    boost::system::error_code error_of_send;
    std::array<iovec, 1> all{iovec{bytes.data(), bytes.size()}};
    REQUIRE(theirs.write_some(all, error_of_send) == bytes.size());
  }
  std::string receive_raw() const {
    std::string all;
    std::string piece(64 * 1024, '\0');
    boost::system::error_code failed;
    for (std::size_t count = 1; count > 0;) {
      count = theirs.read_some(piece, failed);
      all.append(piece, 0, count);
    }
    return all;
  }
  /// Reads until the server has nothing more; returns what it decrypted. Sets `error`.
  std::string read() {
    std::string text;
    bool more = true;
    for (error = {}; more && !error;) {
      const TlsConnection::Received received = server.read(ours.descriptor(), error);
      text.append(received.bytes.data(), received.bytes.size());
      more = received.more || !received.bytes.empty();
    }
    boost::system::error_code ignored;
    server.flush(ours.descriptor(), ignored);
    return text;
  }
  /// Lets the client send what it has, `piece` bytes at a time; returns what the server decrypts.
  std::string exchange(std::size_t piece = 8 * 1024) {
    std::string text;
    const std::string bytes = client.take_output();
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      send_raw(bytes.substr(at, piece));
      text += read();
    }
    got += client.receive(receive_raw());
    return text;
  }
  void handshake(std::size_t piece = 8 * 1024) {
    for (int flights = 0; flights < 4; ++flights)
      exchange(piece);
  }
  std::size_t write(std::string text) {
    std::array<iovec, 1> all{iovec{text.data(), text.size()}};
    return server.write_some(ours.descriptor(), all, error);
  }

  TlsConnection server;
  TlsClient client;
  PlainSocket ours, theirs;
  boost::system::error_code error; // of the last read() or write()
  std::string got;                 // what the client has decrypted
};

} // namespace nvrhub::net::test
