#include "store/directory/epoch_file.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>

#include "store/records/tables.hpp"

namespace nvrhub::store {

namespace {

constexpr mode_t epoch_mode = 0640;
constexpr std::size_t digits = 16;

std::filesystem::path file_in(const std::filesystem::path& directory) {
  return directory / "epoch";
}

std::uint64_t inode_of(const std::filesystem::path& file) {
  struct stat info {};
  return ::stat(file.c_str(), &info) == 0 ? info.st_ino : 0;
}

/// Of an open sidecar. `run` is 0 if the file is incomplete.
std::optional<IdentityRecord> identity_of(int fd, const std::filesystem::path& directory) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return std::nullopt;
  IdentityRecord identity;
  identity.inode = info.st_ino;
  identity.changed_ns = std::int64_t{info.st_ctim.tv_sec} * 1'000'000'000 + info.st_ctim.tv_nsec;
  identity.data_inode = data_inode(directory);
  char text[digits + 1] = {};
  const bool whole = ::pread(fd, text, sizeof text, 0) == sizeof text &&
                     std::from_chars(text, text + digits, identity.run, 16).ptr == text + digits;
  if (!whole) identity.run = 0;
  return identity;
}

Result<void> save_identity(Backend& backend, const IdentityRecord& identity) {
  NVRHUB_LET(txn, backend.begin_write());
  NVRHUB_TRY(save(*txn, Table::meta, meta::identity, identity));
  return txn->commit();
}

std::string text_of(std::uint64_t run) {
  std::string text(digits + 1, '\n');
  for (std::size_t i = 0; i < digits; ++i)
    text[i] = "0123456789abcdef"[(run >> (4 * (digits - 1 - i))) & 15];
  return text;
}

Result<IdentityRecord> write_file(const std::filesystem::path& directory, std::uint64_t run) {
  const std::filesystem::path file = file_in(directory);
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, epoch_mode);
  const std::string text = text_of(run);
  const bool written = fd >= 0 && ::ftruncate(fd, 0) == 0 &&
                       ::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  const int cause = errno;
  const auto identity = written ? identity_of(fd, directory) : std::nullopt;
  if (fd >= 0) ::close(fd);
  if (!identity) return fail(Errc::io, "could not write " + file.string() + ": " + std::strerror(cause));
  return *identity;
}

} // namespace

std::uint64_t data_inode(const std::filesystem::path& directory) {
  return inode_of(directory / "data.mdb");
}

std::optional<IdentityRecord> read_epoch_file(const std::filesystem::path& directory) {
  const int fd = ::open(file_in(directory).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  const auto identity = identity_of(fd, directory);
  ::close(fd);
  return identity;
}

Result<bool> matches_sidecar(ReadTxn& txn, const std::optional<IdentityRecord>& sidecar) {
  NVRHUB_LET(schema, load<SchemaRecord>(txn, Table::meta, meta::schema));
  if (!schema) return true;
  NVRHUB_LET(kept, load<IdentityRecord>(txn, Table::meta, meta::identity));
  if (!kept || !sidecar) return false;
  if (kept->rewriting) return kept->inode == sidecar->inode && kept->data_inode == sidecar->data_inode;
  return *kept == *sidecar;
}

Result<void> renew_epoch_file(Backend& backend, const std::filesystem::path& directory) {
  std::uint64_t run = 0;
  if (::getrandom(&run, sizeof run, 0) != sizeof run)
    return fail(Errc::io, "getrandom() failed: no random bytes for the file epoch");
  // A crash between the write of the file and that of the store must not look like a copy: announce the write first.
  if (const std::uint64_t inode = inode_of(file_in(directory)); inode != 0) {
    NVRHUB_TRY(save_identity(backend, {inode, 0, 0, data_inode(directory), true}));
  }
  NVRHUB_LET(identity, write_file(directory, run));
  return save_identity(backend, identity);
}

} // namespace nvrhub::store
