#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nvrhub::access {

/// protocol.md, "Who may do what". `admin` may do all.
enum class Role : std::uint8_t { nvr, dashboard, ingest, admin };

std::string_view to_string(Role role);
std::optional<Role> role_of(std::string_view text);

/// What somebody may do, from a token or because none is needed. Never changes once made; any thread may read it.
struct Grant {
  Role role = Role::admin;
  std::string token_id;                          // empty: none was needed, or a certificate stood for it
  bool by_certificate = false;                   // that names the NVR, from the clients' authority
  std::optional<std::string> hostname;           // nvr: only as this one
  std::optional<std::vector<std::string>> sites; // dashboard: only these, ordered

  bool may(Role needed) const { return role == Role::admin || role == needed; }
  /// Whether it is about the whole fleet.
  bool sees_all() const { return !sites.has_value(); }
  bool sees(std::string_view site) const;
};
using GrantPtr = std::shared_ptr<const Grant>;

} // namespace nvrhub::access
