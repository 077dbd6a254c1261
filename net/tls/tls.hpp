#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <openssl/ssl.h>
#include <tl/expected.hpp>

#include "net/tls/certificate_report.hpp"
#include "net/tls/session_tickets.hpp"

namespace nvrhub::net {

/// --tls-…: the server's certificate, and the authority of client certificates.
struct TlsFiles {
  std::filesystem::path certificate; // PEM, with the chain; empty: no TLS
  std::filesystem::path key;         // PEM
  std::filesystem::path client_ca;   // PEM; empty: client certificates are not used

  bool wanted() const { return !certificate.empty() || !key.empty() || !client_ca.empty(); }
};

/// The settings of new connections. Existing connections keep the context they were made with.
struct TlsContext {
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, Free> native;
  CertificateReport report;
};

/// The server's side of TLS (protocol.md, "Access control"): 1.2 or newer.
class Tls {
public:
  /// Reads the files, checks that they belong together and makes a handshake with them. If that fails, the previous
  /// context stays; the error names flag and file. Clients can resume the TLS sessions that they had before, unless the
  /// authorities of client certificates have changed.
  tl::expected<void, std::string> load(const TlsFiles& files);
  /// Null: no TLS. Any thread.
  std::shared_ptr<TlsContext> context() const;

private:
  mutable std::mutex mutex_;
  std::shared_ptr<TlsContext> context_;
  std::shared_ptr<TicketKeys> ticket_keys_;
  std::string authorities_; // of clients, in DER: tickets of others are dropped
};

/// The names in the verified certificate of the peer: those of its subjectAltName, else its common name. nullopt: the
/// peer presented none.
std::optional<std::vector<std::string>> peer_names(SSL* connection);

} // namespace nvrhub::net
