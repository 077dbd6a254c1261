#include "cluster/etcd_disk.hpp"

#include <charconv>
#include <sstream>
#include <string_view>
#include <system_error>
#include <vector>

#include "cluster/http_call.hpp"

namespace nvrhub::cluster {

namespace {

constexpr std::string_view bucket = R"(etcd_disk_wal_fsync_duration_seconds_bucket{le=")";
constexpr double share = 0.99;

struct Bucket {
  double seconds = 0; // upper end; of the last one: infinity
  double count = 0;   // of this and all smaller ones
};

/// `TEXT"} COUNT`, the rest of a line.
std::optional<Bucket> read_bucket(std::string_view rest) {
  Bucket read;
  const std::size_t quote = rest.find("\"} ");
  if (quote == std::string_view::npos) return std::nullopt;
  const std::string_view end = rest.substr(0, quote);
  const std::string_view count = rest.substr(quote + 3);
  const auto number = [](std::string_view text, double& value) {
    if (text.starts_with('+')) text.remove_prefix(1); // of +Inf
    return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc();
  };
  if (!number(end, read.seconds) || !number(count, read.count)) return std::nullopt;
  return read;
}

} // namespace

Result<std::optional<std::chrono::milliseconds>> sync_time_in(const std::string& metrics) {
  std::vector<Bucket> buckets;
  std::istringstream lines(metrics);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(bucket)) continue;
    const auto read = read_bucket(std::string_view(line).substr(bucket.size()));
    if (!read) return fail(Errc::unavailable, "a line of etcd's metrics is malformed: " + line);
    buckets.push_back(*read);
  }
  if (buckets.size() < 2) return fail(Errc::unavailable, "etcd's metrics do not say how long its syncs take");
  const double all = buckets.back().count;
  buckets.pop_back();
  for (const Bucket& one : buckets) {
    if (one.count < share * all) continue;
    return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(one.seconds));
  }
  return std::nullopt;
}

Result<std::optional<std::chrono::milliseconds>>
read_sync_time(const log::etcd::Options& etcd, const log::etcd::Endpoint& member, std::chrono::milliseconds limit) {
  const char* const scheme = etcd.cluster.is_tls ? "https://" : "http://";
  HttpCall call(
      scheme + member.to_string() + "/metrics",
      {.ca = etcd.tls.ca, .ca_flag = "--cluster-ca", .certificate = etcd.tls.certificate, .key = etcd.tls.key});
  call.set_limit(limit);
  const auto answer = call.run();
  if (!answer) return tl::make_unexpected(answer.error());
  if (answer->status != 200) return fail(Errc::unavailable, "HTTP " + std::to_string(answer->status));
  return sync_time_in(answer->body);
}

} // namespace nvrhub::cluster
