#include "store/directory_lock.hpp"

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
// is_server_running holds the lock for a moment: that is no server.
constexpr int attempts = 10;
constexpr std::chrono::milliseconds between_attempts{20};

/// The lock files that this process holds.
struct Held {
  std::mutex mutex;
  std::vector<std::pair<dev_t, ino_t>> files;
};
Held& held() {
  static Held all;
  return all;
}

std::string holder(int fd) {
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
    std::this_thread::sleep_for(between_attempts);
  }
  return 0;
}

/// Whether the file that was locked is the one of that name still: a server that failed to start takes its file away.
bool is_file(int fd, const fs::path& path) {
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
      return fail(denied ? Errc::permission : Errc::io, "can't open " + file.string() + ": " + std::strerror(cause));
    }
    if (const int cause = try_lock(fd); cause != 0) {
      const std::string pid = holder(fd);
      ::close(fd);
      if (cause != EWOULDBLOCK) return fail(Errc::io, "can't lock " + file.string() + ": " + std::strerror(cause));
      return fail(Errc::locked, "another nvrhub server has " + path.string() +
                                    (pid.empty() ? "" : " (process " + pid + ")") +
                                    ": stop it, or give this one another data directory");
    }
    if (is_file(fd, file)) {
      const std::lock_guard lock(held().mutex);
      held().files.push_back(file_of(fd));
      return fd;
    }
    ::close(fd);
  }
}

void unlock_directory(int lock) {
  const std::lock_guard guard(held().mutex);
  std::erase(held().files, file_of(lock));
  ::close(lock);
}

void name_lock_holder(int lock) {
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock, 0) == 0) (void)!::pwrite(lock, pid.data(), pid.size(), 0); // only a courtesy
}

bool is_server_running(const fs::path& path) {
  const int fd = ::open((path / lock_file_name).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool held = ::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(fd);
  return held;
}

Result<LmdbMode> reading_mode(const fs::path& path) {
  if (!is_server_running(path)) return LmdbMode::read_unlocked;
  struct stat info {};
  const std::lock_guard lock(held().mutex);
  if (::stat((path / lock_file_name).c_str(), &info) == 0 &&
      std::find(held().files.begin(), held().files.end(), std::pair(info.st_dev, info.st_ino)) != held().files.end()) {
    return fail(Errc::locked, "this process serves " + path.string() + " already: read its own store");
  }
  return LmdbMode::read;
}

} // namespace nvrhub::store
