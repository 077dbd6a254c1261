#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/nvr.hpp"
#include "fleet/status.hpp"

namespace nvrhub::fleet {

/// protocol.md, "Dashboard socket", kinds of a live event.
enum class Kind : std::uint8_t { nvr_online, cameras, nvr_offline, registered, removed, conflict, admin, alert };
inline constexpr std::uint8_t kind_count = 8;

std::string_view to_string(Kind kind);

struct CameraChange {
  std::string name;
  Status status;
  Source source = Source::reported;
  Status from = Status::offline(); // the effective status before the event; set by the store

  friend bool operator==(const CameraChange&, const CameraChange&) = default;
};

/// An NVR's counts, for filters and overviews.
struct NvrSummary {
  bool exists = false; // false: not registered, or removed
  bool online = false;
  std::uint32_t cameras_online = 0;
  std::uint32_t cameras_offline = 0;
  std::uint32_t cameras_other = 0;

  /// protocol.md, "Dashboard socket": what `problems` matches, except for `unconfirmed`.
  bool is_problem() const { return exists && (!online || cameras_offline > 0 || cameras_other > 0); }

  friend bool operator==(const NvrSummary&, const NvrSummary&) = default;
};

NvrSummary summary_of(const Nvr& nvr);

/// One durable change. The store sets `seq` and may raise `at` (times never go back from one event to the next).
/// Which fields carry meaning depends on `kind`; the others keep their defaults.
struct Event {
  Seq seq = 0;
  WallMillis at = 0;
  Kind kind = Kind::cameras;
  NvrId nvr_id = 0;
  std::string hostname;
  std::string device_name;     // for the legacy feed
  std::string site;            // after the event; removed: before it
  NvrSummary before, after;    // of the NVR; set by the store
  std::string hostname_before; // registered, if before.exists; also the site
  std::string site_before;
  std::vector<CameraChange> cameras; // nvr_online, cameras: those whose effective status changed
  // How many cameras changed or were removed; nvr_offline: those that were not offline before.
  std::uint32_t cameras_updated = 0;
  std::optional<Cause> cause; // nvr_offline
  std::optional<Nvr> nvr;     // registered: the whole NVR after the event
  // conflict, admin: what happened, one line. alert: the alert as JSON; `hostname` and `site` are those of its subject,
  // `nvr_id` is 0.
  std::string detail;

  friend bool operator==(const Event&, const Event&) = default;
};

/// Whether the log lists the event under `nvr_id`; alerts are listed under 0.
inline bool is_indexed(const Event& event) {
  return event.nvr_id != 0 || event.kind == Kind::alert;
}

/// Whether the legacy feed shows it: it changed the status of the NVR or of a camera, or removed one of them.
bool is_status_change(const Event& event);

} // namespace nvrhub::fleet
