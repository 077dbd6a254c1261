// check_directory (check.hpp): the check in a child process, whose report comes back through a pipe.
#include <unistd.h>

#include "store/directory/directory_lock.hpp"
#include "store/integrity/check.hpp"
#include "store/integrity/child.hpp"
#include "store/lmdb/meta_pages.hpp"
#include "store/records/tables.hpp"

namespace nvrhub::store {

namespace {

// The report in the pipe: a byte for its kind, then its fields, encoded as in a record.
enum : std::uint8_t { is_error, is_report };

std::string serialize(const Result<CheckReport>& result) {
  std::string bytes;
  ByteWriter out(bytes);
  if (!result) {
    out.byte(is_error);
    out.byte(static_cast<std::uint8_t>(result.error().code));
    out.text(result.error().message);
    return bytes;
  }
  out.byte(is_report);
  out.text(result->epoch);
  out.varint(result->log_begin);
  out.varint(result->head);
  out.varint(result->nvrs);
  out.varint(result->cameras);
  for (const std::string& problem : result->problems)
    out.text(problem);
  return bytes;
}

Result<CheckReport> deserialize(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.byte() == is_error) {
    const auto code = static_cast<Errc>(in.byte());
    return fail(code, std::string(in.text()));
  }
  CheckReport report;
  report.epoch = in.text();
  report.log_begin = in.varint();
  report.head = in.varint();
  report.nvrs = in.varint();
  report.cameras = in.varint();
  while (in.left() > 0)
    report.problems.emplace_back(in.text());
  return report;
}

CheckReport report_with(std::string problem) {
  CheckReport report;
  report.problems.push_back(std::move(problem));
  return report;
}

Result<CheckReport> check_tables(const LmdbOptions& options) {
  NVRHUB_LET(backend, open_lmdb(options));
  NVRHUB_LET(store, Store::open(std::move(backend)));
  NVRHUB_LET(snapshot, store->snapshot());
  return check(snapshot);
}

Result<CheckReport> check_once(const std::filesystem::path& path, LmdbMode mode) {
  const std::filesystem::path data = path / "data.mdb";
  if (auto sound = check_meta_pages(data); !sound) {
    if (sound.error().code != Errc::corrupt) return tl::make_unexpected(std::move(sound).error());
    return report_with(std::move(sound).error().message);
  }
  LmdbOptions options;
  options.path = path;
  options.mode = mode;
  const auto bytes = run_in_child([&] { return serialize(check_tables(options)); });
  if (!bytes) {
    if (bytes.error().code != Errc::corrupt) return tl::make_unexpected(bytes.error());
    return report_with(data.string() + " is damaged: reading it " + bytes.error().message);
  }
  auto report = deserialize(*bytes);
  if (!report && report.error().code == Errc::corrupt) return report_with(std::move(report).error().message);
  return report;
}

} // namespace

Result<CheckReport> check_directory(const std::filesystem::path& path) {
  const std::filesystem::path data = path / "data.mdb";
  std::error_code ec;
  if (std::filesystem::file_size(data, ec) == 0 || ec) {
    return fail(Errc::permission, path.string() + " contains no nvrhub data: check the path");
  }
  if (::access(data.c_str(), R_OK) != 0) {
    return fail(Errc::permission, "no permission to read " + data.string() + ": run nvrhub as the user who owns it");
  }
  const bool server_running = is_server_running(path);
  auto report = check_once(path, server_running ? LmdbMode::read : LmdbMode::read_unlocked);
  const bool clean = report && report->problems.empty();
  // A server that was started meanwhile may have overwritten pages: this reader was not registered.
  if (!clean && !server_running && is_server_running(path)) report = check_once(path, LmdbMode::read);
  return report;
}

} // namespace nvrhub::store
