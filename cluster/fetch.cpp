#include "cluster/fetch.hpp"

#include <chrono>
#include <string>
#include <system_error>
#include <utility>

#include "cluster/overview.hpp"
#include "store/backup/staging_directory.hpp"
#include "store/integrity/check.hpp"

namespace nvrhub::cluster {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto answer_limit = 10s; // of etcd, which has answered a moment ago
constexpr auto report_interval = 3s;
constexpr const char* data_file = "data.mdb";

tl::unexpected<Error> of_directory(const store::Error& error) {
  return fail(Errc::store, error.message);
}

std::function<void(std::uint64_t)> reporter(const Options& options, const std::string& node) {
  return [&options, node, next = std::chrono::steady_clock::now() + report_interval](std::uint64_t bytes) mutable {
    if (!options.log || std::chrono::steady_clock::now() < next) return;
    next = std::chrono::steady_clock::now() + report_interval;
    options.log("fetching the data of node " + node + ": " + std::to_string(bytes >> 20) + " MiB");
  };
}

/// Checks the copy and puts it in the place of the data.
Result<void> take_over(const fs::path& copy, const fs::path& directory) {
  const auto checked = store::check_directory(copy);
  if (!checked) return of_directory(checked.error());
  if (!checked->problems.empty()) {
    return fail(Errc::store, "its copy is not clean: " + checked->problems.front());
  }
  if (const auto renamed = store::rename_durably(copy / data_file, directory / data_file); !renamed)
    return of_directory(renamed.error());
  std::error_code ignored;
  fs::remove(directory / "lock.mdb", ignored); // of the former file
  return {};
}

Result<void> fetch_from(const log::Member& member, const Options& options, const PeerClient& peers,
                        const fs::path& directory) {
  const auto staging = store::StagingDirectory::make(directory / "joining.part");
  if (!staging) return of_directory(staging.error());
  const std::string address = decode_announcement(member.announcement).address;
  auto fetched = peers.fetch_data(address, staging->path() / data_file, options.is_cancelled,
                                  reporter(options, member.origin.node));
  return fetched ? take_over(staging->path(), directory) : fetched;
}

} // namespace

Result<void> fetch_data(const Options& options, const PeerClient& peers, const fs::path& directory) {
  const auto overview = read_overview(options.etcd, answer_limit);
  if (!overview) return tl::make_unexpected(overview.error());
  if (const auto made = store::make_directory(directory); !made) return of_directory(made.error());
  std::string reasons;
  bool may_pass = false;
  for (const log::Member& member : overview->members) {
    if (member.origin.node == options.node) continue; // a lease of an earlier run
    auto fetched = fetch_from(member, options, peers, directory);
    if (fetched && options.log) options.log("has the data of node " + member.origin.node);
    if (fetched || fetched.error().code == Errc::cancelled) return fetched;
    may_pass = may_pass || fetched.error().code == Errc::unavailable;
    reasons += (reasons.empty() ? "" : "; ") + member.origin.node + ": " + fetched.error().message;
  }
  return fail(may_pass || reasons.empty() ? Errc::unavailable : Errc::refused,
              reasons.empty() ? "no other node runs that could give its data" : reasons);
}

} // namespace nvrhub::cluster
