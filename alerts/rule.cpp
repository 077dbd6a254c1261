#include "alerts/rule.hpp"

#include <algorithm>

namespace nvrhub::alerts {

namespace {

bool has(const std::optional<std::vector<std::string>>& names, std::string_view name) {
  return !names || std::binary_search(names->begin(), names->end(), name);
}

/// The position after the character at `at`: continuation bytes of UTF-8 belong to it.
std::size_t next_character(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80)
    ++at;
  return at;
}

Rule rule(std::string_view name, Level level, When when, fleet::WallMillis hold_for, Severity severity) {
  Rule made;
  made.name = name;
  made.level = level;
  made.when = when;
  made.hold_for = hold_for;
  made.severity = severity;
  return made;
}

} // namespace

std::string_view to_string(Level level) {
  switch (level) {
  case Level::site:
    return "site";
  case Level::nvr:
    return "nvr";
  case Level::camera:
    return "camera";
  }
  return "?";
}

std::string_view to_string(Severity severity) {
  switch (severity) {
  case Severity::critical:
    return "critical";
  case Severity::warning:
    return "warning";
  case Severity::info:
    return "info";
  }
  return "?";
}

std::string_view to_string(When when) {
  switch (when) {
  case When::not_online:
    return "not_online";
  case When::offline:
    return "offline";
  case When::status:
    return "status";
  case When::conflict:
    return "conflict";
  }
  return "?";
}

bool glob_matches(std::string_view glob, std::string_view text) {
  std::size_t g = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos; // after the last *
  std::size_t resume = 0;                    // where the text that it stands for may end next
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = ++g;
      resume = t;
    } else if (g < glob.size() && glob[g] == '?') {
      ++g;
      t = next_character(text, t);
    } else if (g < glob.size() && glob[g] == text[t]) {
      ++g;
      ++t;
    } else if (star != std::string_view::npos) {
      g = star;
      t = resume = next_character(text, resume);
    } else {
      return false;
    }
  }
  return glob.find_first_not_of('*', g) == std::string_view::npos;
}

bool Scope::matches_nvr(std::string_view site, std::string_view hostname) const {
  return has(sites, site) && has(hostnames, hostname);
}

bool Scope::matches_site(std::string_view site) const {
  return has(sites, site);
}

bool Scope::matches_camera(std::string_view name) const {
  return !cameras || std::any_of(cameras->begin(), cameras->end(),
                                 [&](const std::string& glob) { return glob_matches(glob, name); });
}

bool Rule::holds_for_status(const fleet::Status& status) const {
  switch (when) {
  case When::not_online:
    return !status.is_online();
  case When::offline:
    return status.is_offline();
  case When::status:
    return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
  case When::conflict:
    return false;
  }
  return false;
}

bool Rule::holds_for_site(std::uint64_t down, std::uint64_t total) const {
  return down > 0 && down >= at_least && down * 10'000 >= total * share;
}

std::vector<Rule> default_rules() {
  std::vector<Rule> rules{rule("nvr-offline", Level::nvr, When::offline, 120'000, Severity::critical),
                          rule("camera-not-online", Level::camera, When::not_online, 300'000, Severity::warning),
                          rule("site-down", Level::site, When::offline, 30'000, Severity::critical)};
  rules[2].share = 5'000;
  rules[2].at_least = 3;
  return rules;
}

} // namespace nvrhub::alerts
