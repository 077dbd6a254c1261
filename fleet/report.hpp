#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/status.hpp"

namespace nvrhub::fleet {

/// A camera entry of a report that is not valid. It is skipped, or applied without its address; the rest of the report
/// applies.
struct SkippedEntry {
  std::uint32_t index = 0;         // in `systemStatus.cameras`
  std::optional<std::string> name; // if it had one
  std::string reason;
};

/// One camera entry. `name` and `ip_address` are valid (names.hpp); an ip_address that was absent, null or not valid is
/// nullopt.
struct ReportedCamera {
  std::uint32_t index = 0; // in `systemStatus.cameras`
  std::string_view name;
  std::optional<std::string_view> ip_address;
  Status status;
  bool has_status = true; // false: it had no valid one and is in `skipped`; `status` is `unknown`, for known cameras
};

/// A decoded `systemStatus`: what one NVR reports of its cameras. OWNERSHIP: it owns the bytes that its views point
/// into, so it is neither copied nor moved; share it by pointer.
struct Report {
  Report() = default;
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;

  std::string text; // backs the views
  std::vector<ReportedCamera> cameras;
  std::vector<SkippedEntry> skipped;
};

} // namespace nvrhub::fleet
