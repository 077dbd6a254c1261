#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/tls/certificate.hpp"

namespace nvrhub::net {

/// How long before its end a certificate is reported.
inline constexpr std::chrono::hours certificate_warning{21 * 24};

struct CertificateProblem {
  bool is_error; // clients refuse the server now; else: some do, or will
  std::string text;
};

/// What is known of the certificates in use, without the certificates.
struct CertificateReport {
  std::string certificate_file;
  std::string authority_file;
  std::vector<CertificateInfo> chain;       // the server's own first
  std::vector<CertificateInfo> authorities; // of client certificates
  std::vector<std::string> chain_problems;

  /// The first end of validity; nullopt: no such certificate.
  std::optional<CertificateTime> chain_expiry() const;
  std::optional<CertificateTime> authorities_expiry() const;
  /// What is wrong at `now`, the worst first: expired, not yet valid, about to expire, chain_problems.
  std::vector<CertificateProblem> problems(CertificateTime now) const;
};

} // namespace nvrhub::net
