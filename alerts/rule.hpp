#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/nvr.hpp"
#include "fleet/status.hpp"

namespace nvrhub::alerts {

/// What a rule watches, and what its alerts are about.
enum class Level : std::uint8_t { site, nvr, camera }; // parents first: the order in which alerts of one instant fire

enum class Severity : std::uint8_t { critical, warning, info };

/// The condition of a rule. Site rules count the NVRs for which it holds; not_online and offline differ for cameras
/// only.
enum class When : std::uint8_t { not_online, offline, status, conflict };

std::string_view to_string(Level level);
std::string_view to_string(Severity severity);
std::string_view to_string(When when);

/// Which subjects a rule or a maintenance window concerns: those that match every list that is set.
struct Scope {
  std::optional<std::vector<std::string>> sites;     // sorted, unique; "" is an NVR without one
  std::optional<std::vector<std::string>> hostnames; // sorted, unique
  std::optional<std::vector<std::string>> cameras;   // globs: * any text, ? one character

  bool matches_nvr(std::string_view site, std::string_view hostname) const;
  bool matches_site(std::string_view site) const;
  bool matches_camera(std::string_view name) const;

  friend bool operator==(const Scope&, const Scope&) = default;
};

/// Whether `text` matches `glob`. `?` stands for one character (a code point of UTF-8), `*` for any number of bytes;
/// there is no escape. Time: at most the product of both lengths.
bool glob_matches(std::string_view glob, std::string_view text);

/// One alert rule. Durations are in milliseconds.
struct Rule {
  std::string name; // unique
  Level level = Level::nvr;
  When when = When::offline;
  std::vector<fleet::Status> statuses; // when == status
  fleet::WallMillis hold_for = 0;      // "for": how long the condition must hold before the alert fires
  fleet::WallMillis keep = 60'000;     // how long it must be gone before the alert resolves
  Severity severity = Severity::warning;
  Scope filter;
  std::uint32_t share = 0;                        // site: least share of its NVRs, in ten-thousandths
  std::uint32_t at_least = 1;                     // site: least number of its NVRs
  fleet::WallMillis remind = 0;                   // time between reminders; 0: none
  std::optional<std::vector<std::string>> notify; // channels; nothing: all that exist

  /// The condition for a camera with this status. REQUIRES: level == camera.
  bool holds_for_status(const fleet::Status& status) const;
  /// The condition for a site with `total` NVRs that the filter matches, `down` of them offline.
  bool holds_for_site(std::uint64_t down, std::uint64_t total) const;
  /// Whether it is a condition that begins with an offline and ends with the next online.
  bool is_presence() const { return when == When::not_online || when == When::offline; }

  friend bool operator==(const Rule&, const Rule&) = default;
};

inline constexpr std::size_t max_rules = 256;
inline constexpr std::size_t max_channels = 32;
inline constexpr fleet::WallMillis max_flapping_keep = 15 * 60'000;
inline constexpr fleet::WallMillis max_keep = 60 * 60'000;

/// The rules of a new store: nvr-offline, camera-not-online and site-down. They notify every channel.
std::vector<Rule> default_rules();

} // namespace nvrhub::alerts
