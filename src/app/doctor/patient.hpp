#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "app/doctor/finding.hpp"

namespace nvrhub::app {

/// What `nvrhub serve` is asked to do, and the process whose limits count: the server that runs on the data directory,
/// else this one.
struct Patient {
  std::filesystem::path data;
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;
  std::size_t max_connections = 0;
  std::size_t memory_limit = 0; // bytes, as serve's --memory-limit
  unsigned threads = 0;         // as serve's --threads
  bool allow_anonymous = false;
  std::optional<std::string> server; // the id of the process that serves the data directory; empty: not known
  std::filesystem::path root = "/";  // where proc and sys are
};

/// Each looks at one matter and says at least one thing of it. None needs to be root, and none changes anything but for
/// a file without a name in the data directory, which `examine_disk` syncs.
void examine_limits(const Patient& patient, Findings& findings);
void examine_network(const Patient& patient, Findings& findings);
void examine_memory(const Patient& patient, Findings& findings);
void examine_machine(const Patient& patient, Findings& findings);
void examine_clock(const Patient& patient, Findings& findings);
void examine_disk(const Patient& patient, Findings& findings);
void examine_data(const Patient& patient, Findings& findings);

// ---- what they share ----

/// /proc/<process> of the process whose limits count.
std::filesystem::path process_folder(const Patient& patient);

/// The first line of a file; nothing: it can't be read.
std::optional<std::string> first_line(const std::filesystem::path& file);
/// The whole number that a file begins with; "max" and "unlimited" are the largest.
std::optional<std::uint64_t> number_in(const std::filesystem::path& file);
/// The soft and the hard limit from a line of /proc/<process>/limits, such as "Max open files".
struct Limit {
  std::uint64_t soft;
  std::uint64_t hard;
};
std::optional<Limit> process_limit(const Patient& patient, std::string_view name);
/// The smallest value of `file` (such as "memory.max") in the process's control group and those above it (cgroup v2).
std::optional<std::uint64_t> group_limit(const Patient& patient, const std::string& file);

inline constexpr std::uint64_t unlimited = UINT64_MAX;

/// "1.5 GiB".
std::string in_bytes(std::uint64_t bytes);

} // namespace nvrhub::app
