// Limits of the process: descriptors and threads.
#include "app/doctor/context.hpp"

#include <algorithm>
#include <thread>

#include "app/descriptors.hpp"

namespace nvrhub::app {

namespace {

constexpr unsigned other_threads = 16; // store, readers, clock, log, …

void check_descriptors(const DoctorContext& context, Findings& findings) {
  const std::uint64_t needed = descriptors_needed(context.max_connections);
  const auto limit = process_limit(context, "Max open files");
  const std::string requirement =
      std::to_string(needed) + " needed for --max-connections " + std::to_string(context.max_connections);
  if (!limit) {
    findings.push_back(warn("descriptors", "the limit cannot be read; " + requirement, "Check `ulimit -Hn`."));
  } else if (limit->hard < needed) {
    findings.push_back(bad("descriptors", "limit " + std::to_string(limit->hard) + "; " + requirement,
                           "Raise LimitNOFILE= in the unit, or `ulimit -Hn` (/etc/security/limits.conf); or lower "
                           "--max-connections."));
  } else {
    findings.push_back(ok("descriptors", "limit " + std::to_string(limit->hard) + "; " + requirement));
  }
  const auto system_limit = number_in(context.root / "proc/sys/fs/file-max");
  if (system_limit && *system_limit < needed) {
    findings.push_back(bad("descriptors",
                           "the limit of the whole system is " + std::to_string(*system_limit) + " open files",
                           "Raise it: sysctl fs.file-max=" + std::to_string(needed * 2) + "."));
  }
}

} // namespace

void check_limits(const DoctorContext& context, Findings& findings) {
  check_descriptors(context, findings);

  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const std::uint64_t needed = (context.threads == 0 ? cores : context.threads) + other_threads;
  const auto user_limit = process_limit(context, "Max processes");
  const std::uint64_t limit =
      std::min(user_limit ? user_limit->soft : unlimited, group_limit(context, "pids.max").value_or(unlimited));
  if (limit < needed) {
    findings.push_back(bad("threads",
                           "limit " + std::to_string(limit) + "; about " + std::to_string(needed) + " needed",
                           "Raise LimitNPROC= and TasksMax= in the unit, or `ulimit -u`."));
  } else if (context.threads > 2 * cores) {
    findings.push_back(warn("threads",
                            std::to_string(context.threads) + " I/O threads on " + std::to_string(cores) + " cores",
                            "Use --threads 0: one per core. More threads than cores only wait for each other."));
  } else {
    findings.push_back(ok("threads", std::to_string(needed - other_threads) + " for I/O on " + std::to_string(cores) +
                                         " cores, and up to " + std::to_string(other_threads) + " others"));
  }
}

} // namespace nvrhub::app
