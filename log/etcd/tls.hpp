#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/types.h>

#include "log/error.hpp"

namespace nvrhub::log::etcd {

/// Paths of PEM files. Read once, when a log is made.
struct TlsFiles {
  std::string ca;          // whom members' certificates must come from; empty: the system's authorities
  std::string certificate; // that members are shown, with its chain; empty: none
  std::string key;         // of the certificate, without a passphrase
};

/// What all TLS connections to members share. THREADS: one.
class TlsContext {
public:
  /// ERRORS: `invalid` for a file that cannot be used; the message names it.
  static Result<std::shared_ptr<const TlsContext>> make(const TlsFiles& files);

  SSL_CTX* native() const { return native_.get(); }

private:
  struct Deleter {
    void operator()(SSL_CTX* context) const;
  };
  std::unique_ptr<SSL_CTX, Deleter> native_;
};

/// The client's end of one TLS connection, as bytes in and bytes out; knows no socket. The peer must prove `host` and
/// agree on HTTP/2. TLS 1.2 or newer. THREADS: one.
class TlsSession {
public:
  TlsSession(const TlsContext& context, const std::string& host);
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// Takes bytes of the peer and adds what they decrypt to. ERRORS: `unavailable`; the connection is unusable then.
  Result<void> receive(std::string_view encrypted, std::string& plain);
  /// Encrypts. REQUIRES: is_established().
  Result<void> send(std::string_view plain);
  /// Moves the bytes for the peer to `out`, of the handshake too.
  void produce(std::string& out);
  bool is_established() const { return established_; }

private:
  Result<void> shake_hands();
  Error failure(int result) const;

  struct Deleter {
    void operator()(SSL* ssl) const;
  };
  std::unique_ptr<SSL, Deleter> ssl_;
  BIO* input_ = nullptr;  // of ssl_
  BIO* output_ = nullptr; // of ssl_
  bool established_ = false;
};

} // namespace nvrhub::log::etcd
