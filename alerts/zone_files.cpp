#include "alerts/zone_files.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <system_error>

#include <filesystem>

namespace nvrhub::alerts {

bool is_zone_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; };
  return !name.empty() && name.size() <= 64 && is_letter(name.front()) && name.back() != '/' &&
         name.find("//") == std::string_view::npos && std::all_of(name.begin(), name.end(), [&](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-' || c == '/';
         });
}

tl::expected<TimeZonePtr, std::string> load_time_zone(std::string_view name, const std::string& directory) {
  const auto unknown = [&] {
    return tl::unexpected("time zone " + std::string(name) +
                          " is unknown: expected a name of IANA's such as "
                          "Europe/Berlin");
  };
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error))
    return tl::unexpected("there is no time zone database in " + directory + ": install the package tzdata");
  const std::string path = directory + "/" + std::string(name);
  if (!is_zone_name(name) || !std::filesystem::is_regular_file(path, error)) return unknown();
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  if (!file) return tl::unexpected("cannot read " + path);
  const std::string content = bytes.str();
  if (!content.starts_with("TZif")) return unknown(); // the directory has tables for people, too
  auto zone = TimeZone::parse(std::string(name), content);
  if (!zone) return tl::unexpected(std::move(zone.error()));
  return std::make_shared<const TimeZone>(std::move(*zone));
}

} // namespace nvrhub::alerts
