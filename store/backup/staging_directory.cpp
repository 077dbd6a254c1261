#include "store/backup/staging_directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include "store/directory/directory_lock.hpp"
#include "store/try.hpp"

namespace nvrhub::store {

namespace fs = std::filesystem;

namespace {

constexpr mode_t directory_mode = 0750;

tl::unexpected<Error> errno_error(std::string_view operation, const fs::path& path, int cause) {
  const bool denied = cause == EACCES || cause == EPERM || cause == EROFS || cause == ENOENT || cause == ENOTDIR;
  const bool full = cause == ENOSPC || cause == EDQUOT;
  return fail(denied ? Errc::permission : Errc::io, "could not " + std::string(operation) + " " + path.string() + ": " +
                                                        std::strerror(cause) +
                                                        (full ? ": free space on that file system" : ""));
}

/// 0, or errno.
int copy_bytes(int from, int to) {
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got <= 0) return got == 0 ? 0 : errno;
    for (ssize_t done = 0; done < got;) {
      const ssize_t written = ::write(to, buffer.data() + done, static_cast<std::size_t>(got - done));
      if (written < 0) return errno;
      done += written;
    }
  }
}

} // namespace

Result<void> sync_directory(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const int cause = errno;
  if (fd >= 0) ::close(fd);
  if (!synced) return errno_error("sync", path, cause);
  return {};
}

Result<bool> make_directory(const fs::path& path) {
  if (::mkdir(path.c_str(), directory_mode) == 0) return true;
  if (errno == EEXIST) return false;
  return errno_error("create the directory", path, errno);
}

Result<void> copy_durably(const fs::path& from, const fs::path& to) {
  const int in = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
  if (in < 0) return errno_error("read", from, errno);
  struct stat info {};
  int cause = ::fstat(in, &info) == 0 ? 0 : errno;
  const int out = ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (out < 0) cause = errno;
  if (cause == 0) cause = copy_bytes(in, out);
  if (cause == 0 && ::fchmod(out, info.st_mode & 0777U) != 0) cause = errno;
  if (cause == 0 && ::fsync(out) != 0) cause = errno;
  ::close(in);
  if (out >= 0) ::close(out);
  if (cause != 0) return errno_error("copy " + from.string() + " to", to, cause);
  return {};
}

Result<void> write_durably(const fs::path& to, std::string_view content) {
  fs::path part = to;
  part += ".part";
  const int out = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (out < 0) return errno_error("write", part, errno);
  int cause = 0;
  while (cause == 0 && !content.empty()) {
    const ssize_t written = ::write(out, content.data(), content.size());
    if (written < 0) cause = errno;
    content.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
  if (cause == 0 && ::fsync(out) != 0) cause = errno;
  ::close(out);
  if (cause != 0) return errno_error("write", part, cause);
  return rename_durably(part, to);
}

Result<void> rename_durably(const fs::path& from, const fs::path& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) {
    const int cause = errno;
    if (cause == ENOTEMPTY || cause == EEXIST)
      return fail(Errc::taken, to.string() + " already exists and is not an empty directory");
    return errno_error("rename " + from.string() + " to", to, cause);
  }
  return sync_directory(to.parent_path());
}

Result<StagingDirectory> StagingDirectory::make(const fs::path& path) {
  NVRHUB_TRY(make_directory(path));
  auto lock = lock_directory(path);
  if (!lock) {
    if (lock.error().code != Errc::locked) return tl::make_unexpected(std::move(lock).error());
    return fail(Errc::locked, "another process uses " + path.string());
  }
  StagingDirectory staging(path, *lock);
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    if (entry.path().filename() != lock_file_name) fs::remove_all(entry.path(), error);
    if (error) break;
  }
  if (error) return errno_error("empty", path, error.value());
  return staging;
}

StagingDirectory::StagingDirectory(StagingDirectory&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

StagingDirectory::~StagingDirectory() {
  if (lock_ < 0) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  unlock_directory(lock_);
}

Result<void> StagingDirectory::publish(const fs::path& to) {
  std::error_code error;
  fs::remove(path_ / lock_file_name, error);
  if (error) return errno_error("remove the lock file in", path_, error.value());
  NVRHUB_TRY(sync_directory(path_));
  NVRHUB_TRY(rename_durably(path_, to));
  unlock_directory(std::exchange(lock_, -1));
  return {};
}

} // namespace nvrhub::store
