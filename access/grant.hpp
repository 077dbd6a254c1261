#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nvrhub::access {

/// The role of a token (protocol.md, "Access control").
enum class Role : std::uint8_t { nvr, dashboard, ingest, operator_, admin };

std::string_view to_string(Role role);
std::optional<Role> role_of(std::string_view text);

/// What a client may do. A role is a set of these; `admin` has all.
enum class Permission : std::uint8_t {
  report,     // be an NVR
  read,       // dashboard sockets and all that only reads
  change,     // register, rename, move and remove NVRs and cameras, import
  operate,    // what people do who keep a fleet running: statuses by hand, the waiting room, alerts, maintenance
  administer, // the server itself: backup, drain, alert rules
};

std::string_view to_string(Permission permission);
bool permits(Role role, Permission permission);
/// The permissions of a role, in the order of the enumeration.
std::vector<Permission> permissions_of(Role role);
/// The roles that have a permission, for humans: "ingest, operator or admin".
std::string roles_with(Permission permission);
/// Whether tokens of this role may be bound to sites.
bool may_be_bound_to_sites(Role role);

/// The permissions of a client, from a token, a certificate or because none is needed. THREADS: immutable, any.
struct Grant {
  Role role = Role::admin;
  std::string token_id;                          // empty: none was needed, or a certificate replaced it
  bool by_certificate = false;                   // its certificate names the NVR, signed by the clients' CA
  std::optional<std::string> hostname;           // nvr: only for this hostname
  std::optional<std::vector<std::string>> sites; // dashboard, operator: only these sites, sorted

  bool may(Permission permission) const { return permits(role, permission); }
  /// Whether it is not limited to sites.
  bool sees_all() const { return !sites.has_value(); }
  /// Whether it may see and, with the permission for it, change NVRs of this site; empty: those without a site.
  bool sees(std::string_view site) const;
};
using GrantPtr = std::shared_ptr<const Grant>;

} // namespace nvrhub::access
