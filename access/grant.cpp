#include "access/grant.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace nvrhub::access {

namespace {

constexpr std::array<std::pair<Role, std::string_view>, 4> names{
    {{Role::nvr, "nvr"}, {Role::dashboard, "dashboard"}, {Role::ingest, "ingest"}, {Role::admin, "admin"}}};

} // namespace

std::string_view to_string(Role role) {
  return names[static_cast<std::size_t>(role)].second;
}

std::optional<Role> role_of(std::string_view text) {
  for (const auto& [role, name] : names) {
    if (name == text) return role;
  }
  return std::nullopt;
}

bool Grant::sees(std::string_view site) const {
  return !sites || std::binary_search(sites->begin(), sites->end(), site);
}

} // namespace nvrhub::access
