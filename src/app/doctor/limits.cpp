// Descriptors and threads: what the process may have.
#include "app/doctor/patient.hpp"

#include <algorithm>
#include <thread>

#include "app/descriptors.hpp"

namespace nvrhub::app {

namespace {

constexpr unsigned other_threads = 16; // store, readers, clock, log, …

void examine_descriptors(const Patient& patient, Findings& findings) {
  const std::uint64_t needed = descriptors_needed(patient.max_connections);
  const auto limit = process_limit(patient, "Max open files");
  const std::string wanted =
      std::to_string(needed) + " are needed for --max-connections " + std::to_string(patient.max_connections);
  if (!limit) {
    findings.push_back(warn("descriptors", "the limit can't be read; " + wanted, "Look at `ulimit -Hn`."));
  } else if (limit->hard < needed) {
    findings.push_back(bad("descriptors", "at most " + std::to_string(limit->hard) + "; " + wanted,
                           "Raise LimitNOFILE= in the unit, or `ulimit -Hn` (/etc/security/limits.conf); or lower "
                           "--max-connections."));
  } else {
    findings.push_back(ok("descriptors", "at most " + std::to_string(limit->hard) + "; " + wanted));
  }
  const auto in_all = number_in(patient.root / "proc/sys/fs/file-max");
  if (in_all && *in_all < needed) {
    findings.push_back(bad("descriptors", "the whole system may have " + std::to_string(*in_all) + " files open",
                           "Raise it: sysctl fs.file-max=" + std::to_string(needed * 2) + "."));
  }
}

} // namespace

void examine_limits(const Patient& patient, Findings& findings) {
  examine_descriptors(patient, findings);

  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const std::uint64_t needed = (patient.threads == 0 ? cores : patient.threads) + other_threads;
  const auto of_user = process_limit(patient, "Max processes");
  const std::uint64_t most =
      std::min(of_user ? of_user->soft : unlimited, group_limit(patient, "pids.max").value_or(unlimited));
  if (most < needed) {
    findings.push_back(bad("threads",
                           "at most " + std::to_string(most) + "; some " + std::to_string(needed) + " are needed",
                           "Raise LimitNPROC= and TasksMax= in the unit, or `ulimit -u`."));
  } else if (patient.threads > 2 * cores) {
    findings.push_back(warn("threads",
                            std::to_string(patient.threads) + " I/O threads on " + std::to_string(cores) + " cores",
                            "--threads 0 takes one per core; more of them only wait for each other."));
  } else {
    findings.push_back(ok("threads", std::to_string(needed - other_threads) + " for I/O on " + std::to_string(cores) +
                                         " cores, and some others"));
  }
}

} // namespace nvrhub::app
