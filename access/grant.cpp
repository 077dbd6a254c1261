#include "access/grant.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace nvrhub::access {

namespace {

constexpr std::array permission_names{std::string_view("report"), std::string_view("read"), std::string_view("change"),
                                      std::string_view("operate"), std::string_view("administer")};

constexpr std::uint8_t set_of(std::initializer_list<Permission> permissions) {
  unsigned bits = 0;
  for (const Permission permission : permissions)
    bits |= 1U << static_cast<unsigned>(permission);
  return static_cast<std::uint8_t>(bits);
}

struct RoleEntry {
  std::string_view name;
  std::uint8_t permissions;
};

/// By Role.
constexpr std::array<RoleEntry, 5> roles{{
    {"nvr", set_of({Permission::report})},
    {"dashboard", set_of({Permission::read})},
    {"ingest", set_of({Permission::change})},
    {"operator", set_of({Permission::read, Permission::change, Permission::operate})},
    {"admin",
     set_of({Permission::report, Permission::read, Permission::change, Permission::operate, Permission::administer})},
}};

const RoleEntry& entry_of(Role role) {
  return roles[static_cast<std::size_t>(role)];
}

} // namespace

std::string_view to_string(Role role) {
  return entry_of(role).name;
}

std::optional<Role> role_of(std::string_view text) {
  for (std::size_t i = 0; i < roles.size(); ++i) {
    if (roles[i].name == text) return static_cast<Role>(i);
  }
  return std::nullopt;
}

std::string_view to_string(Permission permission) {
  return permission_names[static_cast<std::size_t>(permission)];
}

bool permits(Role role, Permission permission) {
  return (entry_of(role).permissions & set_of({permission})) != 0;
}

std::vector<Permission> permissions_of(Role role) {
  std::vector<Permission> all;
  for (std::size_t i = 0; i < permission_names.size(); ++i) {
    if (permits(role, static_cast<Permission>(i))) all.push_back(static_cast<Permission>(i));
  }
  return all;
}

std::string roles_with(Permission permission) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < roles.size(); ++i) {
    if (permits(static_cast<Role>(i), permission)) names.push_back(roles[i].name);
  }
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text.append(i == 0 ? "" : i + 1 == names.size() ? " or " : ", ").append(names[i]);
  return text;
}

bool may_be_bound_to_sites(Role role) {
  return role == Role::dashboard || role == Role::operator_;
}

bool Grant::sees(std::string_view site) const {
  return !sites || std::binary_search(sites->begin(), sites->end(), site);
}

} // namespace nvrhub::access
