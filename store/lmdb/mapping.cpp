#include "store/lmdb/mapping.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>

namespace nvrhub::store {

std::span<std::byte> mapping_of(int fd) {
  struct stat file {};
  if (::fstat(fd, &file) != 0) return {};
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    void* begin = nullptr;
    void* end = nullptr;
    std::uint64_t offset = 0;
    std::uint64_t inode = 0;
    // Not compared: the device. On some file systems it differs from that of stat().
    if (std::sscanf(line.c_str(), "%p-%p r--s %" SCNx64 " %*x:%*x %" SCNu64, &begin, &end, &offset, &inode) != 4) {
      continue;
    }
    if (inode == file.st_ino && offset == 0) return {static_cast<std::byte*>(begin), static_cast<std::byte*>(end)};
  }
  return {};
}

void drop_resident_pages(std::span<std::byte> mapping) {
  if (!mapping.empty()) ::madvise(mapping.data(), mapping.size(), MADV_DONTNEED);
}

} // namespace nvrhub::store
