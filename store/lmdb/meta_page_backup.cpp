#include "store/lmdb/meta_page_backup.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "store/lmdb/lmdb_format.hpp"
#include "store/try.hpp"

namespace nvrhub::store {

namespace {

constexpr std::size_t meta_bytes = sizeof(format::PageHeader) + sizeof(format::Meta);

} // namespace

void MetaPageBackup::save(int data, std::size_t txn, std::size_t page_bytes) {
  offset_ = (txn % 2) * page_bytes;
  saved_.resize(meta_bytes);
  const ssize_t got = ::pread(data, saved_.data(), saved_.size(), static_cast<off_t>(offset_));
  if (got != static_cast<ssize_t>(saved_.size())) saved_.clear();
}

Result<void> MetaPageBackup::restore() {
  if (saved_.empty()) return {};
  const int fd = ::open(file_.c_str(), O_WRONLY | O_CLOEXEC);
  const bool written = fd >= 0 && ::pwrite(fd, saved_.data(), saved_.size(), static_cast<off_t>(offset_)) ==
                                      static_cast<ssize_t>(saved_.size());
  const int cause = errno;
  if (fd >= 0) ::close(fd);
  if (written) return {};
  return fail(Errc::io, "could not roll back a failed commit in " + file_.string() + ": " + std::strerror(cause));
}

} // namespace nvrhub::store
