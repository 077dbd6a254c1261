#include "app/watch/certificate_watch.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace nvrhub;
using namespace std::chrono_literals;

namespace {

struct WatchFixture {
  std::vector<std::pair<actors::Level, std::string>> lines;
  actors::Log log{
      [this](actors::Level level, std::string_view kind, std::string_view message, std::span<const actors::Field>) {
        CHECK(kind == "tls_certificate");
        lines.emplace_back(level, message);
      }};
  net::CertificateReport report{.certificate_file = "/c.pem",
                                .authority_file = {},
                                .chain = {{.subject = "CN = hub", .not_before = 0s, .not_after = 100 * 24h}},
                                .authorities = {},
                                .chain_problems = {}};
  app::CertificateWatch watch;
  app::CertificateWatch::Time start = app::CertificateWatch::Time{} + 1h;
  int loaded = 0;

  /// The lines logged by a check at `day` of the certificate's clock.
  std::size_t check(std::chrono::hours wall, const void* which = nullptr) {
    const std::size_t before = lines.size();
    watch.check(which == nullptr ? &loaded : which, report, wall, start + wall, log);
    return lines.size() - before;
  }
};

} // namespace

TEST_CASE("a certificate is reported 21 days before its end, daily, and when it has expired") {
  WatchFixture f;
  CHECK(f.check(24h) == 0);
  CHECK(f.check(78 * 24h) == 0);
  CHECK(f.check(79 * 24h + 1h) == 1);
  CHECK(f.lines.back().first == actors::Level::warn);
  CHECK(f.lines.back().second.find("/c.pem") != std::string::npos);
  CHECK(f.check(79 * 24h + 12h) == 0);
  CHECK(f.check(80 * 24h + 1h) == 1); // a day after the first line
  CHECK(f.check(99 * 24h + 20h) == 1);
  CHECK(f.check(100 * 24h + 1h) == 1); // less than a day after it, but worse
  CHECK(f.lines.back().first == actors::Level::error);
  CHECK(f.lines.back().second.find("expired") != std::string::npos);
}

TEST_CASE("each load is reported, also within a day") {
  WatchFixture f;
  int other = 0;
  CHECK(f.check(90 * 24h) == 1);
  CHECK(f.check(90 * 24h) == 0);
  CHECK(f.check(90 * 24h, &other) == 1);
  f.report.chain.front().not_after = 200 * 24h;
  CHECK(f.check(90 * 24h) == 0);
}
