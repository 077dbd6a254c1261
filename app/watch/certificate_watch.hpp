#pragma once

#include <chrono>
#include <cstddef>

#include "actors/log.hpp"
#include "net/tls/certificate_report.hpp"

namespace nvrhub::app {

/// Logs what is wrong with the certificates in use (event `tls_certificate`): when they are loaded, once a day after
/// that, and when it becomes worse.
/// THREADS: one thread. The caller passes the times.
class CertificateWatch {
public:
  using Time = std::chrono::steady_clock::time_point;

  /// `loaded` identifies the certificates: it differs after each load. REQUIRES: called at least once an hour.
  void check(const void* loaded, const net::CertificateReport& report, net::CertificateTime wall, Time now,
             const actors::Log& log);

private:
  const void* loaded_ = nullptr;
  Time next_check_{};
  Time next_log_{};
  std::size_t errors_ = 0; // of the lines logged last
  std::size_t lines_ = 0;
};

} // namespace nvrhub::app
