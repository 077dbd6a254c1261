#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "app/doctor/finding.hpp"
#include "cluster/peer_client.hpp"
#include "log/etcd/etcd_log.hpp"
#include "net/options.hpp"

namespace nvrhub::app {

/// Input of the doctor's checks: the options of `nvrhub serve`, and the process whose limits are checked (the server
/// that runs on the data directory, else this process).
struct DoctorContext {
  std::filesystem::path data;
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;
  std::size_t max_connections = 0;
  std::size_t memory_limit = 0; // bytes, as serve's --memory-limit
  unsigned threads = 0;         // as serve's --threads
  bool allow_anonymous = false;
  net::TlsFiles tls;
  std::optional<log::etcd::Options> etcd; // nullopt: a single server
  cluster::PeerOptions peers;
  std::optional<std::string> server; // process id of the server on the data directory; empty: unknown
  std::filesystem::path root = "/";  // parent of proc and sys
};

/// Each appends at least one finding. None needs root, and none changes anything, except that `check_disk` writes and
/// syncs an unlinked file in the data directory.
void check_limits(const DoctorContext& context, Findings& findings);
void check_network(const DoctorContext& context, Findings& findings);
void check_tls(const DoctorContext& context, Findings& findings);
void check_cluster(const DoctorContext& context, Findings& findings);
void check_memory(const DoctorContext& context, Findings& findings);
void check_machine(const DoctorContext& context, Findings& findings);
void check_clock(const DoctorContext& context, Findings& findings);
void check_disk(const DoctorContext& context, Findings& findings);
void check_data(const DoctorContext& context, Findings& findings);

// ---- helpers of the checks ----

/// /proc/<pid> of the process whose limits are checked.
std::filesystem::path process_directory(const DoctorContext& context);

/// The first line of a file; nullopt: it cannot be read.
std::optional<std::string> first_line(const std::filesystem::path& file);
/// The whole number at the start of a file; "max" and "unlimited" are `unlimited`.
std::optional<std::uint64_t> number_in(const std::filesystem::path& file);
/// The soft and the hard limit from a line of /proc/<pid>/limits, such as "Max open files".
struct Limit {
  std::uint64_t soft;
  std::uint64_t hard;
};
std::optional<Limit> process_limit(const DoctorContext& context, std::string_view name);
/// The smallest value of `file` (such as "memory.max") in the process's control group and its ancestors (cgroup v2).
std::optional<std::uint64_t> group_limit(const DoctorContext& context, const std::string& file);

inline constexpr std::uint64_t unlimited = UINT64_MAX;

/// "1.5 GiB".
std::string in_bytes(std::uint64_t bytes);

} // namespace nvrhub::app
