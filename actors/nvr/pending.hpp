#pragma once

#include <cstddef>
#include <vector>

#include "fleet/event.hpp"
#include "fleet/reconcile.hpp"

namespace nvrhub::actors {

/// The changes of one NVR that have not been sent to the store, as events in order. While a commit is in progress,
/// later reports merge into the last event camera by camera: with a slow disk, memory grows with the differences and
/// not with the reports. A camera that failed and recovered leaves no event. Uses no actor and no store.
class Pending {
public:
  /// The NVR came online. `changed` as returned by reconcile(); `nvr` has the new statuses.
  void nvr_online(const fleet::Nvr& nvr, const std::vector<fleet::StatusChange>& changed, fleet::WallMillis at);
  void cameras(const fleet::Nvr& nvr, const std::vector<fleet::StatusChange>& changed, fleet::WallMillis at);
  /// REQUIRES: the cameras are not set offline in `nvr` yet; it counts those that are not offline.
  void nvr_offline(const fleet::Nvr& nvr, fleet::Cause cause, fleet::WallMillis at);
  /// Identity, site, address or the list of cameras changed. `removed_cameras`: how many were removed.
  void registered(const fleet::Nvr& nvr, fleet::WallMillis at, std::uint32_t removed_cameras = 0);
  void removed(const fleet::Nvr& nvr, fleet::WallMillis at);
  void conflict(const fleet::NvrHead& nvr, std::string detail, fleet::WallMillis at);

  /// The session has to be recorded, even by a write without events.
  void session() { has_session_ = true; }

  bool empty() const { return events_.empty() && !has_session_; }
  std::size_t size() const { return events_.size(); }

  /// Removes and returns the events, ready for a store::Write.
  std::vector<fleet::Event> take();

private:
  struct PendingEvent {
    fleet::Event event;
    std::vector<fleet::StatusChange> before; // parallel to event.cameras
  };

  fleet::Event& add(fleet::Kind kind, const fleet::NvrHead& nvr, fleet::WallMillis at);
  void merge(PendingEvent& pending, const fleet::Nvr& nvr, const std::vector<fleet::StatusChange>& changed);

  std::vector<PendingEvent> events_;
  bool has_session_ = false;
};

} // namespace nvrhub::actors
