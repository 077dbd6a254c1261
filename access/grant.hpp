#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nvrhub::access {

/// protocol.md, "Access control". `admin` permits everything.
enum class Role : std::uint8_t { nvr, dashboard, ingest, admin };

std::string_view to_string(Role role);
std::optional<Role> role_of(std::string_view text);

/// The permissions of a client, from a token, a certificate or because none is needed. THREADS: immutable, any.
struct Grant {
  Role role = Role::admin;
  std::string token_id;                          // empty: none was needed, or a certificate replaced it
  bool by_certificate = false;                   // its certificate names the NVR, signed by the clients' CA
  std::optional<std::string> hostname;           // nvr: only for this hostname
  std::optional<std::vector<std::string>> sites; // dashboard: only these sites, sorted

  bool may(Role needed) const { return role == Role::admin || role == needed; }
  /// Whether it is not limited to sites.
  bool sees_all() const { return !sites.has_value(); }
  bool sees(std::string_view site) const;
};
using GrantPtr = std::shared_ptr<const Grant>;

} // namespace nvrhub::access
