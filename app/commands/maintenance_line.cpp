#include "app/commands/maintenance_line.hpp"

#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/cli/api_client.hpp"
#include "client/local_time.hpp"

namespace nvrhub::app {

namespace {

using nlohmann::json;

std::vector<std::string> names_in(const json& names) {
  std::vector<std::string> result;
  for (const json& name : names)
    result.push_back(client::printable(name.is_string() ? name.get<std::string>() : name.dump()));
  return result;
}

std::string scope_of(const json& window) {
  const auto filter = window.find("filter");
  std::vector<std::string> parts;
  for (const auto& [field, word] : {std::pair{"sites", "site"}, {"hostnames", "NVR"}, {"cameras", "camera"}}) {
    if (filter == window.end() || !filter->is_object() || !filter->contains(field)) continue;
    parts.push_back(fmt::format("{} {}", word, fmt::join(names_in((*filter)[field]), ", ")));
  }
  return parts.empty() ? "everything" : fmt::format("{}", fmt::join(parts, "; "));
}

std::string times_of(const json& window) {
  const auto weekly = window.find("weekly");
  if (weekly == window.end())
    return client::local_time(text_in(window, "from")) + " to " + client::local_time(text_in(window, "to"));
  return fmt::format("{} {} for {} ({})", fmt::join(names_in(weekly->value("days", json::array())), ","),
                     text_in(*weekly, "start"), text_in(*weekly, "length"), text_in(*weekly, "time_zone"));
}

} // namespace

std::string maintenance_line(const json& window) {
  return fmt::format("{}  {}  {}  {}  {}", text_in(window, "id"), window.value("active", false) ? "active " : "planned",
                     scope_of(window), times_of(window), text_in(window, "reason"));
}

} // namespace nvrhub::app
