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
enum class Kind : std::uint8_t { nvr_online, cameras, nvr_offline, registered, removed, conflict, admin };

std::string_view to_string(Kind kind);

struct CameraChange {
  std::string name;
  Status status;
  Source source = Source::reported;

  friend bool operator==(const CameraChange&, const CameraChange&) = default;
};

/// An NVR in numbers: what filters and overviews look at.
struct Facts {
  bool there = false; // false: not registered, or removed
  bool online = false;
  std::uint32_t cameras_online = 0;
  std::uint32_t cameras_offline = 0;
  std::uint32_t cameras_other = 0;

  /// protocol.md, "Dashboard socket": what `problems` matches, but for `unconfirmed`.
  bool is_problem() const { return there && (!online || cameras_offline > 0 || cameras_other > 0); }

  friend bool operator==(const Facts&, const Facts&) = default;
};

Facts facts_of(const Nvr& nvr);

/// One durable change. The store gives it `seq` and may raise `at` (times never go back from one event to the next).
/// Which fields carry meaning depends on `kind`; the others keep their defaults.
struct Event {
  Seq seq = 0;
  WallMillis at = 0;
  Kind kind = Kind::cameras;
  NvrId nvr_id = 0;
  std::string hostname;
  std::string device_name;     // for the seed's feed
  std::string site;            // after the event; removed: before it
  Facts before, after;         // of the NVR; the store gives them
  std::string hostname_before; // registered, if before.there; likewise the site
  std::string site_before;
  std::vector<CameraChange> cameras; // nvr_online, cameras: those whose effective status changed
  // How many cameras changed or went; nvr_offline: those that did not already read offline.
  std::uint32_t cameras_updated = 0;
  std::optional<Cause> cause; // nvr_offline
  std::optional<Nvr> nvr;     // registered: the whole NVR as it is after the event
  std::string detail;         // conflict, admin: what happened, one line

  friend bool operator==(const Event&, const Event&) = default;
};

/// Whether the seed's feed tells of it: it changed an NVR's status or at least one camera's, or removed one of them.
bool is_status_change(const Event& event);

} // namespace nvrhub::fleet
