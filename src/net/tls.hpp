#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ssl/context.hpp>
#include <tl/expected.hpp>

namespace nvrhub::net {

/// --tls-…: where the server's certificate is, and whose certificates clients may show.
struct TlsFiles {
  std::filesystem::path certificate; // PEM, with the chain; empty: no TLS
  std::filesystem::path key;         // PEM
  std::filesystem::path client_ca;   // PEM; empty: clients show none

  bool wanted() const { return !certificate.empty() || !key.empty() || !client_ca.empty(); }
};

/// What new connections are made with. Those that were made with an older one keep it.
struct TlsContext {
  boost::asio::ssl::context native{boost::asio::ssl::context::tls_server};
};

/// The server's side of TLS (protocol.md, "Who may do what"): 1.2 or newer.
class Tls {
public:
  /// Reads the files; what was read before stays if they are not sound. The error names the file.
  tl::expected<void, std::string> load(const TlsFiles& files);
  /// Null: no TLS. Any thread.
  std::shared_ptr<TlsContext> context() const;

private:
  mutable std::mutex mutex_;
  std::shared_ptr<TlsContext> context_;
};

/// The names in the certificate that the peer showed and that was found good: of its subjectAltName, else its common
/// name. Nothing: it showed none.
std::optional<std::vector<std::string>> peer_names(SSL* connection);

} // namespace nvrhub::net
