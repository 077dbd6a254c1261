// The certificates.
#include "app/doctor/context.hpp"

#include <chrono>

#include <sys/stat.h>

#include "net/tls/tls.hpp"

namespace nvrhub::app {

namespace {

void check_key_mode(const DoctorContext& context, Findings& findings) {
  struct stat about {};
  if (::stat(context.tls.key.c_str(), &about) != 0 || (about.st_mode & S_IROTH) == 0) return;
  findings.push_back(warn("TLS", "--tls-key " + context.tls.key.string() + " is readable by every user of this machine",
                          "chmod o= the file; the user that runs nvrhub needs read access."));
}

} // namespace

void check_tls(const DoctorContext& context, Findings& findings) {
  if (!context.tls.wanted()) return findings.push_back(ok("TLS", "off"));
  net::Tls tls;
  if (const auto loaded = tls.load(context.tls); !loaded) {
    return findings.push_back(bad(
        "TLS", loaded.error(), "The server does not start with these files, and a reload keeps the old ones in use."));
  }
  const net::CertificateReport& report = tls.context()->report;
  const auto now =
      std::chrono::duration_cast<net::CertificateTime>(std::chrono::system_clock::now().time_since_epoch());
  const auto problems = report.problems(now);
  for (const net::CertificateProblem& problem : problems) {
    const char* const advice = "Install the corrected file, then reload the server (SIGHUP).";
    findings.push_back(problem.is_error ? bad("TLS", problem.text, advice) : warn("TLS", problem.text, advice));
  }
  check_key_mode(context, findings);
  if (!problems.empty()) return;
  const auto days = (*report.chain_expiry() - now).count() / 86'400;
  findings.push_back(ok("TLS", "the certificate (" + report.chain.front().subject +
                                   ") and its key belong together, valid for " + std::to_string(days) + " days"));
}

} // namespace nvrhub::app
