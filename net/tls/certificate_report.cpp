#include "net/tls/certificate_report.hpp"

#include <algorithm>

#include "protocol/encode/encode.hpp"

namespace nvrhub::net {

namespace {

std::optional<CertificateTime> earliest_end(const std::vector<CertificateInfo>& all) {
  const auto first =
      std::min_element(all.begin(), all.end(), [](const CertificateInfo& one, const CertificateInfo& other) {
        return one.not_after < other.not_after;
      });
  return first == all.end() ? std::nullopt : std::optional(first->not_after);
}

std::string certificate_date(CertificateTime time) {
  return protocol::iso8601(std::chrono::milliseconds(time).count());
}

/// nullopt: the certificate is valid, and stays so for long enough.
std::optional<CertificateProblem> check_validity(const CertificateInfo& one, const std::string& name,
                                                 const std::string& effect, CertificateTime now) {
  if (now > one.not_after) {
    return CertificateProblem{true,
                              name + " expired at " + certificate_date(one.not_after) + ": " + effect + "; renew it"};
  }
  if (now < one.not_before) {
    return CertificateProblem{true, name + " is not valid before " + certificate_date(one.not_before) + ": " + effect +
                                        ". This machine's clock says " + certificate_date(now)};
  }
  if (one.not_after - now > certificate_warning) return std::nullopt;
  return CertificateProblem{
      false, name + " expires at " + certificate_date(one.not_after) + ", in " +
                 protocol::hours_or_days(std::chrono::duration_cast<std::chrono::hours>(one.not_after - now)) +
                 ": renew it, or " + effect};
}

} // namespace

std::optional<CertificateTime> CertificateReport::chain_expiry() const {
  return earliest_end(chain);
}

std::optional<CertificateTime> CertificateReport::authorities_expiry() const {
  return earliest_end(authorities);
}

std::vector<CertificateProblem> CertificateReport::problems(CertificateTime now) const {
  std::vector<CertificateProblem> all;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const std::string name = (i == 0 ? "the server's certificate (" : "an intermediate of the server's certificate (") +
                             chain[i].subject + ", --tls-cert " + certificate_file + ")";
    if (auto problem = check_validity(chain[i], name, "clients refuse the server", now))
      all.push_back(std::move(*problem));
  }
  for (const CertificateInfo& authority : authorities) {
    const std::string name =
        "an authority of client certificates (" + authority.subject + ", --tls-client-ca " + authority_file + ")";
    if (auto problem = check_validity(authority, name, "its NVRs are refused", now)) all.push_back(std::move(*problem));
  }
  for (const std::string& problem : chain_problems)
    all.push_back({false, "--tls-cert " + certificate_file + ": " + problem});
  std::stable_sort(all.begin(), all.end(), [](const CertificateProblem& one, const CertificateProblem& other) {
    return one.is_error && !other.is_error;
  });
  return all;
}

} // namespace nvrhub::net
