#include "app/watch/certificate_watch.hpp"

#include <algorithm>

namespace nvrhub::app {

namespace {

constexpr auto check_interval = std::chrono::minutes(1);
constexpr auto log_interval = std::chrono::hours(24);

} // namespace

void CertificateWatch::check(const void* loaded, const net::CertificateReport& report, net::CertificateTime wall,
                             Time now, const actors::Log& log) {
  const bool is_new = loaded != loaded_;
  if (!is_new && now < next_check_) return;
  next_check_ = now + check_interval;
  const auto problems = report.problems(wall);
  const auto errors = static_cast<std::size_t>(
      std::count_if(problems.begin(), problems.end(), [](const auto& problem) { return problem.is_error; }));
  const bool is_worse = errors > errors_ || problems.size() > lines_;
  if (!is_new && !is_worse && now < next_log_) return;
  loaded_ = loaded;
  errors_ = errors;
  lines_ = problems.size();
  next_log_ = now + log_interval;
  for (const net::CertificateProblem& problem : problems)
    log(problem.is_error ? actors::Level::error : actors::Level::warn, "tls_certificate", problem.text);
}

} // namespace nvrhub::app
