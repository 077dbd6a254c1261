#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "net/tls/pem.hpp"

namespace nvrhub::net {

/// Seconds since 1970, as certificates count.
using CertificateTime = std::chrono::seconds;

/// A certificate, for messages and metrics.
struct CertificateInfo {
  std::string subject; // "CN = hub.example"
  CertificateTime not_before{};
  CertificateTime not_after{};
};
CertificateInfo describe(const X509& certificate);

/// A certificate with its chain, and its key.
struct ServerCertificate {
  std::vector<Certificate> chain; // the server's own first, as TLS sends it
  PrivateKey key;
};

/// Reads certificate and key and checks that they belong together: their files are renewed one after the other, and by
/// programs that may change the kind of key. OpenSSL itself accepts a certificate beside a key of another kind, and
/// then fails in every handshake.
/// ERRORS: a sentence that names the flags and the files: unreadable, without certificate or key, damaged, a key with a
/// passphrase, no pair, or the server's certificate not first.
tl::expected<ServerCertificate, std::string> read_server_certificate(const std::filesystem::path& certificate,
                                                                     const std::filesystem::path& key);

/// What clients are likely to refuse in a chain, one sentence each: certificates out of order or unrelated, a missing
/// intermediate, no name of a host, not made for servers. `authorities` counts as known, beside those of this machine.
std::vector<std::string> chain_problems(const std::vector<Certificate>& chain,
                                        const std::vector<Certificate>& authorities);

} // namespace nvrhub::net
