// What memory there is, and what stands in the way of using it.
#include "app/doctor/patient.hpp"

#include <algorithm>
#include <fstream>

namespace nvrhub::app {

namespace {

constexpr std::uint64_t base = std::uint64_t{128} << 20;          // a server without connections, with room to work
constexpr std::uint64_t per_connection = std::uint64_t{16} << 10; // docs/internals/performance.md
constexpr std::uint64_t address_space = std::uint64_t{80} << 30;  // the map of data.mdb and what else there is

/// A line of /proc/meminfo, in bytes.
std::optional<std::uint64_t> meminfo(const Patient& patient, const std::string& name) {
  std::ifstream file(patient.root / "proc/meminfo");
  std::string word;
  for (std::string line; file >> word && std::getline(file, line);) {
    if (word == name + ":") return std::strtoull(line.c_str(), nullptr, 10) * 1024;
  }
  return std::nullopt;
}

} // namespace

void examine_memory(const Patient& patient, Findings& findings) {
  const std::uint64_t needed = base + patient.max_connections * per_connection + patient.memory_limit;
  const auto group = group_limit(patient, "memory.max");
  const auto machine = meminfo(patient, "MemTotal");
  const auto available = meminfo(patient, "MemAvailable");
  const std::uint64_t most = std::min(group.value_or(unlimited), machine.value_or(unlimited));
  const std::string wanted = "; " + in_bytes(needed) + " may be needed for --max-connections " +
                             std::to_string(patient.max_connections) + " and --memory-limit " +
                             in_bytes(patient.memory_limit);
  if (most == unlimited) {
    findings.push_back(warn("memory", "how much there is can't be read" + wanted, "Look at `free` and MemoryMax=."));
  } else {
    const bool by_group = group && *group == most;
    const std::string text = in_bytes(most) + (by_group ? " by the control group's memory.max" : " in this machine") +
                             (available ? ", " + in_bytes(*available) + " of the machine's are free" : "");
    const std::string advice =
        by_group ? "Raise MemoryMax= (or the container's limit), or lower --memory-limit or --max-connections."
                 : "A larger machine, or a lower --memory-limit or --max-connections.";
    findings.push_back(most < base     ? bad("memory", text + wanted, advice)
                       : most < needed ? warn("memory", text + wanted, advice)
                                       : ok("memory", text));
    if (most >= needed && available && *available < std::min(needed, most) && !patient.server) {
      findings.push_back(warn("memory", in_bytes(*available) + " are free now" + wanted,
                              "Other programs have the rest: `ps aux --sort=-rss`."));
    }
  }
  const auto space = process_limit(patient, "Max address space");
  if (space && space->soft < address_space) {
    findings.push_back(bad("address space", "at most " + in_bytes(space->soft) + "; data.mdb is mapped with 64 GiB",
                           "Remove LimitAS= and `ulimit -v`: it is address space, not memory."));
  }
}

} // namespace nvrhub::app
