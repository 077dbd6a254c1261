#include "store/backup.hpp"

#include <array>
#include <chrono>
#include <ctime>
#include <string>

#include "store/bulk_writer.hpp"
#include "store/check.hpp"
#include "store/child.hpp"
#include "store/directory.hpp"
#include "store/directory_lock.hpp"
#include "store/new_files.hpp"
#include "store/tables.hpp"

namespace nvrhub::store {

namespace fs = std::filesystem;

namespace {

constexpr const char* tokens_file = "tokens.json"; // written by src/access, and by renaming: never half there

/// Names of directories come with a slash behind them at times.
fs::path plain(const fs::path& path) {
  const fs::path absolute = fs::absolute(path).lexically_normal();
  return absolute.has_filename() ? absolute : absolute.parent_path();
}

Result<void> require_free(const fs::path& to) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(to, error);
  if (!fs::exists(status)) {
    if (fs::is_directory(to.parent_path(), error)) return {};
    return fail(Errc::permission, "there is no directory " + to.parent_path().string() + " to put " +
                                      to.filename().string() + " into: make it first");
  }
  if (fs::is_directory(status) && fs::is_empty(to, error) && !error) return {};
  return fail(Errc::taken, to.string() + " is there already and not an empty directory: name one that is new or empty");
}

/// All but what ties the store to its directory (epoch_file.hpp): whoever serves the copy must know it for one.
Result<void> copy_meta(ReadTxn& from, BulkWriter& to) {
  return each_entry(from, Table::meta, {}, [&](std::string_view key, std::string_view value) -> Result<bool> {
    if (key != meta::identity) NVRHUB_TRY(to.append(Table::meta, key, value));
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
    return fail(Errc::corrupt, "the copy is not clean (" + report.problems.front() +
                                   "): see what `nvrhub check` says of " + data.string());
  }
  return std::move(report);
}

void empty(const fs::path& place) {
  std::error_code ignored;
  for (const char* name : {"data.mdb", "lock.mdb"})
    fs::remove(place / name, ignored);
}

/// Fills the place with what is published then.
Result<BackupReport> fill(const fs::path& data, const Workplace& place) {
  const bool beside_server = is_server_running(data);
  auto report = copy_checked(data, place.path());
  if (!report && report.error().code == Errc::corrupt && !beside_server && is_server_running(data)) {
    empty(place.path()); // a server that came up meanwhile changed the pages under a reader that it did not know of
    report = copy_checked(data, place.path());
  }
  if (!report) return tl::make_unexpected(std::move(report).error());
  BackupReport done{{}, report->epoch, report->head, fs::file_size(place.path() / "data.mdb")};
  if (std::error_code none; fs::exists(data / tokens_file, none)) {
    NVRHUB_TRY(copy_durably(data / tokens_file, place.path() / tokens_file));
    done.bytes += fs::file_size(place.path() / tokens_file);
  }
  return done;
}

Result<BackupReport> publish(Workplace& place, const fs::path& to, BackupReport report) {
  NVRHUB_TRY(place.publish(to));
  report.path = to;
  return report;
}

std::string now_as_a_name() {
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
  const fs::path to = plain(to_);
  NVRHUB_TRY(require_free(to));
  NVRHUB_LET(place, Workplace::make(to.string() + ".part"));
  NVRHUB_LET(report, fill(data, place));
  return publish(place, to, std::move(report));
}

Result<BackupReport> back_up_within(const fs::path& data, const fs::path& folder_) {
  const fs::path folder = plain(folder_);
  NVRHUB_TRY(make_directory(folder));
  NVRHUB_LET(place, Workplace::make(folder / "backup.part"));
  NVRHUB_LET(report, fill(data, place));
  const fs::path to = folder / (now_as_a_name() + "-" + std::to_string(report.head));
  return publish(place, to, std::move(report));
}

} // namespace nvrhub::store
