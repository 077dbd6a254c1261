#include "metrics/process_stats.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

#include <sys/resource.h>
#include <unistd.h>

namespace nvrhub::metrics {

namespace {

/// Fields of /proc/self/stat after the program's name, which may contain any character (proc(5), from `state` on).
struct Stat {
  double cpu_ticks = 0;
  double start_ticks = 0; // since boot
  std::uint64_t threads = 0;
};

Stat read_stat() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  Stat stat;
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return stat;
  std::istringstream fields(text.substr(name_end + 1));
  std::string field;
  for (int number = 3; fields >> field; ++number) {
    if (number == 14 || number == 15) stat.cpu_ticks += std::strtod(field.c_str(), nullptr);
    if (number == 20) stat.threads = std::strtoull(field.c_str(), nullptr, 10);
    if (number == 22) stat.start_ticks = std::strtod(field.c_str(), nullptr);
  }
  return stat;
}

/// When the system booted, in seconds since 1970.
double boot_seconds() {
  std::ifstream file("/proc/stat");
  std::string field;
  for (double at = 0; file >> field;) {
    if (field == "btime" && file >> at) return at;
  }
  return 0;
}

std::uint64_t count_descriptors() {
  std::uint64_t count = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator at("/proc/self/fd", error), end; !error && at != end; at.increment(error))
    ++count;
  return count > 0 ? count - 1 : 0; // without the one of this loop
}

} // namespace

ProcessStats process_stats() {
  ProcessStats stats;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const Stat stat = read_stat();
  stats.cpu_seconds = stat.cpu_ticks / ticks;
  static const double start =
      boot_seconds() + stat.start_ticks / ticks; // kept, because btime changes when the clock is set
  stats.start_seconds = start;
  stats.threads = stat.threads;

  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  std::ifstream statm("/proc/self/statm");
  std::uint64_t pages = 0;
  std::uint64_t resident = 0;
  if (statm >> pages >> resident) {
    stats.virtual_bytes = pages * page;
    stats.resident_bytes = resident * page;
  }

  stats.open_descriptors = count_descriptors();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) stats.max_descriptors = limit.rlim_cur;
  return stats;
}

} // namespace nvrhub::metrics
