#include "store/backup/backup.hpp"

#include <array>
#include <chrono>
#include <ctime>
#include <string>

#include "store/backup/bulk_writer.hpp"
#include "store/backup/staging_directory.hpp"
#include "store/directory/directory.hpp"
#include "store/directory/directory_lock.hpp"
#include "store/integrity/check.hpp"
#include "store/integrity/child.hpp"
#include "store/records/tables.hpp"

namespace nvrhub::store {

namespace fs = std::filesystem;

namespace {

constexpr const char* cluster_tokens_file = "cluster-tokens.json"; // app/watch/cluster_tokens.hpp
constexpr const char* tokens_file = "tokens.json"; // access/ replaces it with rename(): it is always complete

/// Absolute, without a trailing slash.
fs::path normalized(const fs::path& path) {
  const fs::path absolute = fs::absolute(path).lexically_normal();
  return absolute.has_filename() ? absolute : absolute.parent_path();
}

Result<void> require_free(const fs::path& to) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(to, error);
  if (!fs::exists(status)) {
    if (fs::is_directory(to.parent_path(), error)) return {};
    return fail(Errc::permission, "there is no directory " + to.parent_path().string() + ": create it first");
  }
  if (fs::is_directory(status) && fs::is_empty(to, error) && !error) return {};
  return fail(Errc::taken,
              to.string() + " already exists and is not an empty directory: name a new or empty directory");
}

/// Without the identity of the sidecar (directory/epoch_file.hpp): a server that opens the copy must detect that it is
/// one.
Result<void> copy_meta(ReadTxn& from, BulkWriter& to) {
  return each_row(from, Table::meta, {}, [&](std::string_view key, std::string_view value) -> Result<bool> {
    if (!meta::identifies_directory(key)) NVRHUB_TRY(to.append(Table::meta, key, value));
    return true;
  });
}

Result<void> copy_store(const fs::path& data, const fs::path& to) {
  NVRHUB_LET(directory, Directory::open_read_only(data));
  NVRHUB_LET(snapshot, directory->store().snapshot());
  LmdbOptions options;
  options.path = to;
  NVRHUB_LET(writer, BulkWriter::open(options));
  NVRHUB_TRY(copy_meta(snapshot.txn(), writer));
  for (std::size_t i = 0; i < table_count; ++i) {
    const auto table = static_cast<Table>(i);
    if (table != Table::meta) NVRHUB_TRY(copy_table(snapshot.txn(), table, writer));
  }
  return writer.finish();
}

Result<CheckReport> copy_checked(const fs::path& data, const fs::path& to) {
  if (auto copied = try_in_child([&] { return copy_store(data, to); }); !copied) {
    Error error = std::move(copied).error();
    if (error.message.find(data.string()) == std::string::npos) error.message = data.string() + ": " + error.message;
    return tl::make_unexpected(std::move(error));
  }
  NVRHUB_LET(report, check_directory(to));
  std::error_code ignored;
  fs::remove(to / "lock.mdb", ignored);
  if (!report.problems.empty()) {
    return fail(Errc::corrupt,
                "the copy is not clean (" + report.problems.front() + "): run `nvrhub check` on " + data.string());
  }
  return std::move(report);
}

void remove_copy(const fs::path& staging) {
  std::error_code ignored;
  for (const char* name : {"data.mdb", "lock.mdb"})
    fs::remove(staging / name, ignored);
}

/// Writes the copy into the staging directory.
Result<BackupReport> fill(const fs::path& data, const StagingDirectory& staging) {
  const bool server_running = is_server_running(data);
  auto report = copy_checked(data, staging.path());
  if (!report && report.error().code == Errc::corrupt && !server_running && is_server_running(data)) {
    remove_copy(staging.path()); // a server was started meanwhile and overwrote pages of this unregistered reader
    report = copy_checked(data, staging.path());
  }
  if (!report) return tl::make_unexpected(std::move(report).error());
  BackupReport done{{}, report->epoch, report->head, fs::file_size(staging.path() / "data.mdb")};
  // In this order: a token that is in the first and not in the second would be taken for a revoked one.
  for (const char* name : {cluster_tokens_file, tokens_file}) {
    if (std::error_code ec; !fs::exists(data / name, ec)) continue;
    NVRHUB_TRY(copy_durably(data / name, staging.path() / name));
    done.bytes += fs::file_size(staging.path() / name);
  }
  return done;
}

Result<BackupReport> publish(StagingDirectory& staging, const fs::path& to, BackupReport report) {
  NVRHUB_TRY(staging.publish(to));
  report.path = to;
  return report;
}

std::string timestamp_name() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now).count() % 1000;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%S.", &utc);
  const std::string fraction = std::to_string(millis);
  return std::string(text.data(), size) + std::string(3 - fraction.size(), '0') + fraction + "Z";
}

} // namespace

Result<BackupReport> back_up(const fs::path& data, const fs::path& to_) {
  const fs::path to = normalized(to_);
  NVRHUB_TRY(require_free(to));
  NVRHUB_LET(staging, StagingDirectory::make(to.string() + ".part"));
  NVRHUB_LET(report, fill(data, staging));
  return publish(staging, to, std::move(report));
}

Result<BackupReport> back_up_into(const fs::path& data, const fs::path& folder_) {
  const fs::path folder = normalized(folder_);
  NVRHUB_TRY(make_directory(folder));
  NVRHUB_LET(staging, StagingDirectory::make(folder / "backup.part"));
  NVRHUB_LET(report, fill(data, staging));
  const fs::path to = folder / (timestamp_name() + "-" + std::to_string(report.head));
  return publish(staging, to, std::move(report));
}

} // namespace nvrhub::store
