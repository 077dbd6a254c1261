// The disk of the data directory: kind of file system, free space, time of a sync.
#include "app/doctor/context.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace nvrhub::app {

namespace {

namespace fs = std::filesystem;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::uint64_t min_space = std::uint64_t{64} << 20;
constexpr std::uint64_t low_space = std::uint64_t{1} << 30;
constexpr std::uint64_t low_inodes = 100;
constexpr int syncs = 20;
constexpr Milliseconds slow_sync{100};
constexpr Milliseconds bad_sync{1'000};

enum class Kind : std::uint8_t { local, memory, network, layered };

struct FileSystem {
  std::uint32_t magic; // statfs(2)
  const char* name;
  Kind kind;
};
constexpr std::array file_systems{
    FileSystem{0xEF53, "ext4", Kind::local},       FileSystem{0x58465342, "xfs", Kind::local},
    FileSystem{0x9123683E, "btrfs", Kind::local},  FileSystem{0x2FC12FC1, "zfs", Kind::local},
    FileSystem{0xF2F52010, "f2fs", Kind::local},   FileSystem{0x01021994, "tmpfs", Kind::memory},
    FileSystem{0x858458F6, "ramfs", Kind::memory}, FileSystem{0x6969, "nfs", Kind::network},
    FileSystem{0xFF534D42, "cifs", Kind::network}, FileSystem{0xFE534D42, "smb2", Kind::network},
    FileSystem{0x00C36400, "ceph", Kind::network}, FileSystem{0x01021997, "9p", Kind::network},
    FileSystem{0x65735546, "fuse", Kind::network}, FileSystem{0x794C7630, "overlayfs", Kind::layered},
};

Finding check_kind(const fs::path& where) {
  struct statfs info {};
  if (::statfs(where.c_str(), &info) != 0) return bad("file system", where.string() + ": " + std::strerror(errno), "");
  const auto magic = static_cast<std::uint32_t>(info.f_type);
  const auto* const known = std::find_if(file_systems.begin(), file_systems.end(),
                                         [magic](const FileSystem& system) { return system.magic == magic; });
  if (known == file_systems.end()) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "0x%X", magic);
    return warn("file system", std::string("unknown kind (") + text.data() + ")",
                "Use a local file system whose syncs are durable.");
  }
  switch (known->kind) {
  case Kind::memory:
    return warn("file system", std::string(known->name) + ": contents are lost at the next boot",
                "Put --data on a disk.");
  case Kind::network:
    return bad("file system", std::string(known->name) + ": not a local file system",
               "LMDB and its lock need a local file system, and a sync must reach the disk. Put --data on one.");
  case Kind::layered:
    return warn("file system", std::string(known->name) + ": contents may be lost with the container",
                "Put --data on a volume.");
  default:
    return ok("file system", known->name);
  }
}

void check_space(const fs::path& where, Findings& findings) {
  struct statvfs info {};
  if (::statvfs(where.c_str(), &info) != 0) return;
  const std::uint64_t free = std::uint64_t{info.f_bavail} * info.f_frsize;
  const std::string text = in_bytes(free) + " free";
  const std::string advice =
      "Free space, or lower --history-days. A full disk loses no data, but nothing new is shown.";
  findings.push_back(free < min_space   ? bad("room", text, advice)
                     : free < low_space ? warn("room", text, advice)
                                        : ok("room", text));
  if (info.f_files > 0 && info.f_favail < low_inodes) {
    findings.push_back(bad("inodes", std::to_string(info.f_favail) + " more files can be created",
                           "Find the directory on this file system that holds very many files."));
  }
  if ((info.f_flag & ST_RDONLY) != 0) {
    findings.push_back(bad("read-only", "the file system is mounted read-only",
                           "After a disk error the kernel remounts read-only: see `dmesg`. Otherwise mount it rw."));
  }
}

/// Sorted times of some syncs; nullopt: a write or sync failed, see errno.
std::optional<std::vector<Milliseconds>> measure(const fs::path& where) {
  std::string name = (where / ".nvrhub-doctor-XXXXXX").string();
  const int file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) return std::nullopt;
  ::unlink(name.c_str()); // now, so it disappears even if the process is killed
  std::array<char, 4096> page{};
  std::vector<Milliseconds> took;
  bool failed = false;
  for (int i = 0; i < syncs && !failed; ++i) {
    page.fill(static_cast<char>('a' + i));
    const auto begin = std::chrono::steady_clock::now();
    failed = ::pwrite(file, page.data(), page.size(), i * off_t{4096}) != 4096 || ::fdatasync(file) != 0;
    took.emplace_back(std::chrono::steady_clock::now() - begin);
    if (took.back() > bad_sync * 5) break; // slow enough to judge
  }
  const int cause = errno;
  ::close(file);
  errno = cause;
  if (failed) return std::nullopt;
  std::sort(took.begin(), took.end());
  return took;
}

Finding check_syncs(const fs::path& where) {
  const auto took = measure(where);
  if (!took) {
    const int cause = errno;
    return bad("syncs", "cannot write in " + where.string() + ": " + std::strerror(cause),
               cause == EACCES || cause == EPERM
                   ? "Run this as the user that runs the server: sudo -u nvrhub nvrhub doctor …"
                   : "The server cannot write there either: correct the cause.");
  }
  const Milliseconds median = (*took)[took->size() / 2];
  const Milliseconds worst = took->back();
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "median %.2f ms, maximum %.2f ms", median.count(), worst.count());
  const std::string advice =
      "Each change waits for a sync before it is shown. Find other programs that write to this disk (`iotop`). A local "
      "SSD takes 1 ms.";
  if (median >= bad_sync) return bad("syncs", text.data(), advice);
  if (median >= slow_sync || worst >= bad_sync) return warn("syncs", text.data(), advice);
  return ok("syncs", text.data());
}

} // namespace

void check_disk(const DoctorContext& context, Findings& findings) {
  std::error_code error;
  fs::path where = fs::absolute(context.data, error);
  while (!fs::exists(where, error) && where.has_relative_path()) // serve creates it: check its future parent
    where = where.parent_path();
  findings.push_back(check_kind(where));
  check_space(where, findings);
  findings.push_back(check_syncs(where));
}

} // namespace nvrhub::app
