// Available memory and address space.
#include "app/doctor/context.hpp"

#include <algorithm>
#include <fstream>

namespace nvrhub::app {

namespace {

constexpr std::uint64_t base = std::uint64_t{128} << 20;          // a server without connections, with headroom
constexpr std::uint64_t per_connection = std::uint64_t{16} << 10; // docs/internals/performance.md
constexpr std::uint64_t address_space = std::uint64_t{80} << 30;  // the map of data.mdb and the rest of the process

/// A line of /proc/meminfo, in bytes.
std::optional<std::uint64_t> meminfo(const DoctorContext& context, const std::string& name) {
  std::ifstream file(context.root / "proc/meminfo");
  std::string word;
  for (std::string line; file >> word && std::getline(file, line);) {
    if (word == name + ":") return std::strtoull(line.c_str(), nullptr, 10) * 1024;
  }
  return std::nullopt;
}

} // namespace

void check_memory(const DoctorContext& context, Findings& findings) {
  const std::uint64_t needed = base + context.max_connections * per_connection + context.memory_limit;
  const auto group_max = group_limit(context, "memory.max");
  const auto machine = meminfo(context, "MemTotal");
  const auto available = meminfo(context, "MemAvailable");
  const std::uint64_t limit = std::min(group_max.value_or(unlimited), machine.value_or(unlimited));
  const std::string requirement = "; up to " + in_bytes(needed) + " needed for --max-connections " +
                                  std::to_string(context.max_connections) + " and --memory-limit " +
                                  in_bytes(context.memory_limit);
  if (limit == unlimited) {
    findings.push_back(warn("memory", "the amount cannot be read" + requirement, "Check `free` and MemoryMax=."));
  } else {
    const bool is_group_limit = group_max && *group_max == limit;
    const std::string text = in_bytes(limit) +
                             (is_group_limit ? " (limit of the control group, memory.max)" : " in this machine") +
                             (available ? ", " + in_bytes(*available) + " of the machine free" : "");
    const std::string advice =
        is_group_limit ? "Raise MemoryMax= (or the container's limit), or lower --memory-limit or --max-connections."
                       : "Add memory, or lower --memory-limit or --max-connections.";
    findings.push_back(limit < base     ? bad("memory", text + requirement, advice)
                       : limit < needed ? warn("memory", text + requirement, advice)
                                        : ok("memory", text));
    if (limit >= needed && available && *available < std::min(needed, limit) && !context.server) {
      findings.push_back(warn("memory", in_bytes(*available) + " free now" + requirement,
                              "Other programs use the rest: `ps aux --sort=-rss`."));
    }
  }
  const auto space = process_limit(context, "Max address space");
  if (space && space->soft < address_space) {
    findings.push_back(bad("address space", "limit " + in_bytes(space->soft) + "; data.mdb is mapped with 64 GiB",
                           "Remove LimitAS= and `ulimit -v`: the map takes address space, not memory."));
  }
}

} // namespace nvrhub::app
