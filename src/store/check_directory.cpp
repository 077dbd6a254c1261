#include <unistd.h>

#include "store/check.hpp"
#include "store/child.hpp"
#include "store/directory_lock.hpp"
#include "store/meta_pages.hpp"
#include "store/tables.hpp"

namespace nvrhub::store {

namespace {

// A report's way through the pipe: a byte for its kind, then its fields as in a record.
enum : std::uint8_t { is_error, is_report };

std::string pack(const Result<CheckReport>& result) {
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

Result<CheckReport> unpack(std::string_view bytes) {
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

CheckReport only(std::string problem) {
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
    return only(std::move(sound).error().message);
  }
  LmdbOptions options;
  options.path = path;
  options.mode = mode;
  const auto bytes = run_in_child([&] { return pack(check_tables(options)); });
  if (!bytes) {
    if (bytes.error().code != Errc::corrupt) return tl::make_unexpected(bytes.error());
    return only(data.string() + " is damaged: reading it " + bytes.error().message);
  }
  auto report = unpack(*bytes);
  if (!report && report.error().code == Errc::corrupt) return only(std::move(report).error().message);
  return report;
}

} // namespace

Result<CheckReport> check_directory(const std::filesystem::path& path) {
  const std::filesystem::path data = path / "data.mdb";
  std::error_code none;
  if (std::filesystem::file_size(data, none) == 0 || none) {
    return fail(Errc::permission, path.string() + " holds no data of nvrhub: is it the right directory?");
  }
  if (::access(data.c_str(), R_OK) != 0) {
    return fail(Errc::permission, "may not read " + data.string() + ": run nvrhub as the user who owns it");
  }
  const bool beside_server = is_server_running(path);
  auto report = check_once(path, beside_server ? LmdbMode::read : LmdbMode::read_unlocked);
  const bool clean = report && report->problems.empty();
  // A server that came up meanwhile may have changed the pages under an unregistered reader.
  if (!clean && !beside_server && is_server_running(path)) report = check_once(path, LmdbMode::read);
  return report;
}

} // namespace nvrhub::store
