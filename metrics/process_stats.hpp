#pragma once

#include <cstdint>

namespace nvrhub::metrics {

/// Statistics of this process from the system; 0 if unknown.
struct ProcessStats {
  double cpu_seconds = 0;   // user and system
  double start_seconds = 0; // since 1970
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t max_descriptors = 0;
  std::uint64_t threads = 0;
};

ProcessStats process_stats();

} // namespace nvrhub::metrics
