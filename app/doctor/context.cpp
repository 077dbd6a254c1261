#include "app/doctor/context.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <sstream>

namespace nvrhub::app {

namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  if (text.starts_with("max") || text.starts_with("unlimited")) return unlimited;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

} // namespace

std::filesystem::path process_directory(const DoctorContext& context) {
  const bool known = context.server && !context.server->empty();
  return context.root / "proc" / (known ? *context.server : "self");
}

std::optional<std::string> first_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  return line;
}

std::optional<std::uint64_t> number_in(const std::filesystem::path& file) {
  const auto line = first_line(file);
  return line ? number(*line) : std::nullopt;
}

std::optional<Limit> process_limit(const DoctorContext& context, std::string_view name) {
  std::ifstream in(process_directory(context) / "limits");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(name)) continue;
    std::istringstream rest(line.substr(name.size()));
    std::string soft;
    std::string hard;
    rest >> soft >> hard;
    const auto low = number(soft);
    const auto high = number(hard);
    if (low && high) return Limit{*low, *high};
  }
  return std::nullopt;
}

std::optional<std::uint64_t> group_limit(const DoctorContext& context, const std::string& file) {
  std::ifstream in(process_directory(context) / "cgroup");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("0::/")) continue; // cgroup v2
    const std::filesystem::path top = context.root / "sys/fs/cgroup";
    std::optional<std::uint64_t> smallest;
    for (std::filesystem::path group = top / line.substr(4);; group = group.parent_path()) {
      if (const auto here = number_in(group / file)) smallest = std::min(smallest.value_or(unlimited), *here);
      if (group == top || !group.has_relative_path()) return smallest;
    }
  }
  return std::nullopt;
}

std::string in_bytes(std::uint64_t bytes) {
  constexpr std::array units{"bytes", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < units.size(); ++unit)
    value /= 1024;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 || value >= 100 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text.data();
}

} // namespace nvrhub::app
