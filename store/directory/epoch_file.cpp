#include "store/directory/epoch_file.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>

#include "store/backup/staging_directory.hpp"
#include "store/records/tables.hpp"

namespace nvrhub::store {

namespace fs = std::filesystem;

namespace {

constexpr mode_t epoch_mode = 0640;
constexpr std::size_t digits = 16;

fs::path file_in(const fs::path& directory) {
  return directory / "epoch";
}

std::int64_t nanoseconds(const struct statx_timestamp& time) {
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

struct FileIdentity {
  std::uint64_t inode = 0; // 0: missing
  std::int64_t born_ns = 0;
  std::int64_t changed_ns = 0;
};

FileIdentity identity_of(int directory, const char* path, int flags) {
  struct statx info {};
  if (::statx(directory, path, flags, STATX_INO | STATX_CTIME | STATX_BTIME, &info) != 0) return {};
  return {info.stx_ino, (info.stx_mask & STATX_BTIME) != 0 ? nanoseconds(info.stx_btime) : 0,
          nanoseconds(info.stx_ctime)};
}

/// Of an open sidecar. `run` is 0 if the file is incomplete.
std::optional<SidecarRecord> sidecar_of(int fd, const fs::path& directory) {
  const FileIdentity file = identity_of(fd, "", AT_EMPTY_PATH);
  if (file.inode == 0) return std::nullopt;
  const FileIdentity data = identity_of(AT_FDCWD, (directory / "data.mdb").c_str(), 0);
  SidecarRecord sidecar;
  sidecar.inode = file.inode;
  sidecar.born_ns = file.born_ns;
  sidecar.changed_ns = file.changed_ns;
  sidecar.data_inode = data.inode;
  sidecar.data_born_ns = data.born_ns;
  std::array<char, digits + 1> text{};
  const bool whole = ::pread(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) &&
                     std::from_chars(text.data(), text.data() + digits, sidecar.run, 16).ptr == text.data() + digits;
  if (!whole) sidecar.run = 0;
  return sidecar;
}

std::optional<SidecarRecord> read_sidecar(const fs::path& file, const fs::path& directory) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  const auto sidecar = sidecar_of(fd, directory);
  ::close(fd);
  return sidecar;
}

Result<void> save_sidecar(Backend& backend, const SidecarRecord& sidecar) {
  NVRHUB_LET(txn, backend.begin_write());
  NVRHUB_TRY(save(*txn, Table::meta, meta::sidecar, sidecar));
  NVRHUB_TRY(txn->erase(Table::meta, meta::identity));
  return txn->commit();
}

std::string text_of(std::uint64_t run) {
  std::string text(digits + 1, '\n');
  for (std::size_t i = 0; i < digits; ++i)
    text[i] = "0123456789abcdef"[(run >> (4 * (digits - 1 - i))) & 15];
  return text;
}

Result<SidecarRecord> write_sidecar(const fs::path& file, const fs::path& directory, std::uint64_t run) {
  (void)::unlink(file.c_str()); // of a crash
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, epoch_mode);
  const std::string text = text_of(run);
  const bool written =
      fd >= 0 && ::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  const int cause = errno;
  const auto sidecar = written ? sidecar_of(fd, directory) : std::nullopt;
  if (fd >= 0) ::close(fd);
  if (!sidecar) return fail(Errc::io, "could not write " + file.string() + ": " + std::strerror(cause));
  return *sidecar;
}

/// By the rule of versions up to 0.2, which rewrite the sidecar in place.
bool matches_identity(const IdentityRecord& kept, const SidecarRecord& found) {
  if (kept.inode != found.inode || kept.data_inode != found.data_inode) return false;
  return kept.rewriting || (kept.run == found.run && kept.changed_ns == found.changed_ns);
}

std::optional<std::string> compare(const SidecarRecord& kept, const SidecarRecord& found) {
  if (kept.data_inode != found.data_inode || kept.data_born_ns != found.data_born_ns)
    return "data.mdb is another file than the one that the last server left";
  const bool is_kept = kept.inode == found.inode && kept.born_ns == found.born_ns && kept.run == found.run;
  if (kept.replaced_inode != 0) { // the server was killed while it replaced the sidecar
    if (is_kept || (kept.replaced_inode == found.inode && kept.replaced_run == found.run)) return std::nullopt;
  }
  if (kept.run != found.run) return "the file epoch is of another run of the server than data.mdb";
  if (!is_kept) return "the file epoch is another file than the one that the last server left";
  if (kept.changed_ns == found.changed_ns) return std::nullopt;
  if (!kept.sealed) return "the last server was killed, and the file epoch was changed since";
  if (kept.born_ns == 0)
    return "the file epoch was changed, and this file system does not show whether it was replaced";
  return std::nullopt;
}

} // namespace

std::optional<SidecarRecord> read_epoch_file(const fs::path& directory) {
  return read_sidecar(file_in(directory), directory);
}

Result<std::optional<std::string>> reason_for_new_epoch(ReadTxn& txn, const std::optional<SidecarRecord>& found) {
  using Reason = std::optional<std::string>;
  NVRHUB_LET(schema, load<SchemaRecord>(txn, Table::meta, meta::schema));
  if (!schema) return Reason();
  NVRHUB_LET(identity, load<IdentityRecord>(txn, Table::meta, meta::identity)); // an older version wrote last
  NVRHUB_LET(kept, load<SidecarRecord>(txn, Table::meta, meta::sidecar));
  if (!identity && !kept) return Reason("data.mdb is a backup");
  if (!found) return Reason("the file epoch is missing or cannot be read");
  if (!identity) return compare(*kept, *found);
  if (matches_identity(*identity, *found)) return Reason();
  return Reason("data.mdb or the file epoch is not as an older version of the server left it");
}

Result<void> renew_epoch_file(Backend& backend, const fs::path& directory, bool sealed) {
  std::uint64_t run = 0;
  if (::getrandom(&run, sizeof run, 0) != sizeof run)
    return fail(Errc::io, "getrandom() failed: no random bytes for the file epoch");
  const fs::path file = file_in(directory);
  const fs::path next = file.string() + ".new";
  const auto replaced = read_epoch_file(directory);
  NVRHUB_LET(announced, write_sidecar(next, directory, run));
  // A crash between the rename and the commit of the result must not look like a copy: announce it first.
  if (replaced) {
    announced.replaced_inode = replaced->inode;
    announced.replaced_run = replaced->run;
    NVRHUB_TRY(save_sidecar(backend, announced));
  }
  if (::rename(next.c_str(), file.c_str()) != 0) {
    const int cause = errno;
    return fail(Errc::io, "could not replace " + file.string() + ": " + std::strerror(cause));
  }
  NVRHUB_TRY(sync_directory(directory));
  auto written = read_epoch_file(directory); // the rename changed its ctime
  if (!written) return fail(Errc::io, "could not read " + file.string());
  written->sealed = sealed;
  return save_sidecar(backend, *written);
}

Result<void> keep_sidecar(Backend& backend, const SidecarRecord& found, const fs::path& made) {
  const FileIdentity data = identity_of(AT_FDCWD, (made / "data.mdb").c_str(), 0);
  SidecarRecord sidecar = found;
  sidecar.data_inode = data.inode;
  sidecar.data_born_ns = data.born_ns;
  return save_sidecar(backend, sidecar);
}

} // namespace nvrhub::store
