#include "store/directory/directory_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "store/try.hpp"

namespace nvrhub::store {

namespace fs = std::filesystem;

namespace {

constexpr mode_t file_mode = 0640;
// Retries, because is_server_running() holds the lock for a moment.
constexpr int attempts = 10;
constexpr std::chrono::milliseconds retry_interval{20};

/// The lock files that this process has locked.
struct LockedFiles {
  std::mutex mutex;
  std::vector<std::pair<dev_t, ino_t>> files;
};
LockedFiles& locked_files() {
  static LockedFiles all;
  return all;
}

std::string holder_pid(int fd) {
  std::array<char, 20> text{};
  const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
  const std::string_view all(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  return std::string(all.substr(0, all.find_first_not_of("0123456789")));
}

std::pair<dev_t, ino_t> file_of(int fd) {
  struct stat info {};
  ::fstat(fd, &info);
  return {info.st_dev, info.st_ino};
}

/// 0, or errno.
int try_lock(int fd) {
  for (int attempt = 1; ::flock(fd, LOCK_EX | LOCK_NB) != 0; ++attempt) {
    if (errno != EWOULDBLOCK || attempt == attempts) return errno;
    std::this_thread::sleep_for(retry_interval);
  }
  return 0;
}

/// False: `path` is now another file than the locked one. A server that fails to start removes its lock file.
bool is_current_file(int fd, const fs::path& path) {
  struct stat open {};
  struct stat named {};
  return ::fstat(fd, &open) == 0 && ::stat(path.c_str(), &named) == 0 && open.st_ino == named.st_ino &&
         open.st_dev == named.st_dev;
}

} // namespace

Result<int> lock_directory(const fs::path& path) {
  const fs::path file = path / lock_file_name;
  for (;;) {
    const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, file_mode);
    if (fd < 0) {
      const int cause = errno;
      const bool denied = cause == EACCES || cause == EPERM || cause == EROFS;
      return fail(denied ? Errc::permission : Errc::io,
                  "could not open " + file.string() + ": " + std::strerror(cause));
    }
    if (const int cause = try_lock(fd); cause != 0) {
      const std::string pid = holder_pid(fd);
      ::close(fd);
      if (cause != EWOULDBLOCK) return fail(Errc::io, "could not lock " + file.string() + ": " + std::strerror(cause));
      return fail(Errc::locked, "another nvrhub server uses " + path.string() +
                                    (pid.empty() ? "" : " (process " + pid + ")") +
                                    ": stop it, or use another data directory");
    }
    if (is_current_file(fd, file)) {
      const std::lock_guard lock(locked_files().mutex);
      locked_files().files.push_back(file_of(fd));
      return fd;
    }
    ::close(fd);
  }
}

void unlock_directory(int lock) {
  const std::lock_guard guard(locked_files().mutex);
  std::erase(locked_files().files, file_of(lock));
  ::close(lock);
}

Result<void> lock_data_file(const fs::path& path, int& lock) {
  const fs::path file = path / "data.mdb";
  if (lock >= 0 && is_current_file(lock, file)) return {};
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return {};
  const int cause = fd < 0 ? errno : try_lock(fd);
  if (cause != 0) {
    if (fd >= 0) ::close(fd);
    if (cause != EWOULDBLOCK) return fail(Errc::io, "could not lock " + file.string() + ": " + std::strerror(cause));
    return fail(Errc::locked, "another nvrhub server uses " + file.string() +
                                  " under another name (a hard link): stop it, or make a copy with `nvrhub backup`");
  }
  if (lock >= 0) ::close(lock);
  lock = fd;
  return {};
}

void unlock_data_file(int lock) {
  ::close(lock);
}

void write_lock_holder(int lock) {
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock, 0) == 0) (void)!::pwrite(lock, pid.data(), pid.size(), 0); // best effort
}

bool is_server_running(const fs::path& path) {
  const int fd = ::open((path / lock_file_name).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool held = ::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(fd);
  return held;
}

Result<LmdbMode> read_mode(const fs::path& path) {
  if (!is_server_running(path)) return LmdbMode::read_unlocked;
  struct stat info {};
  const std::lock_guard lock(locked_files().mutex);
  if (::stat((path / lock_file_name).c_str(), &info) == 0 &&
      std::find(locked_files().files.begin(), locked_files().files.end(), std::pair(info.st_dev, info.st_ino)) !=
          locked_files().files.end()) {
    return fail(Errc::locked, "this process already serves " + path.string() + ": use its store");
  }
  return LmdbMode::read;
}

} // namespace nvrhub::store
