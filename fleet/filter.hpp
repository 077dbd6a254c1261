#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "fleet/event.hpp"

namespace nvrhub::fleet {

/// Which NVRs a dashboard subscribes to (protocol.md, "Dashboard socket"): those that match every part that is set.
struct Filter {
  std::optional<std::vector<std::string>> hostnames; // sorted, unique
  std::optional<std::vector<std::string>> sites;     // likewise; "" is an NVR without one
  bool problems = false;                             // offline, unconfirmed, or with a camera that is not online

  bool is_everything() const { return !hostnames && !sites && !problems; }
  bool matches_names(std::string_view hostname, std::string_view site) const;
  bool matches(std::string_view hostname, std::string_view site, const NvrSummary& nvr_summary, bool unconfirmed) const;

  /// Whether the NVR of `event` matched before the event, and after it.
  bool matched_before(const Event& event, bool unconfirmed) const;
  bool matches_after(const Event& event, bool unconfirmed) const;

  /// Whether it shows an event of kind alert: `problems` has no meaning for it.
  bool matches_alert(const Event& event) const { return matches_names(event.hostname, event.site); }

  /// Restricts the filter to NVRs of these sites. REQUIRES: `within` is sorted.
  void narrow_to(const std::vector<std::string>& within);

  friend bool operator==(const Filter&, const Filter&) = default;
  friend bool operator<(const Filter& a, const Filter& b) {
    return std::tie(a.hostnames, a.sites, a.problems) < std::tie(b.hostnames, b.sites, b.problems);
  }
};

} // namespace nvrhub::fleet
