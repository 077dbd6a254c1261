#pragma once

#include <cstddef>
#include <vector>

#include "fleet/event.hpp"
#include "fleet/reconcile.hpp"

namespace nvrhub::actors {

/// What one NVR has changed and not yet handed to the store, as events in order. While a commit is under way later
/// reports merge into the last event camera by camera, so that a slow disk costs memory for what differs, not for what
/// was said: a camera that went and came back leaves nothing. Knows no actor and no store.
class Pending {
public:
  /// The NVR came online. `changed` as reconcile() told them; `nvr` holds their new statuses.
  void nvr_online(const fleet::Nvr& nvr, const std::vector<fleet::StatusChange>& changed, fleet::WallMillis at);
  void cameras(const fleet::Nvr& nvr, const std::vector<fleet::StatusChange>& changed, fleet::WallMillis at);
  /// Call it before the cameras are set offline in `nvr`: it counts those that were not.
  void nvr_offline(const fleet::Nvr& nvr, fleet::Cause cause, fleet::WallMillis at);
  /// Identity, site, address or the list of cameras changed. `removed_cameras`: how many went.
  void registered(const fleet::Nvr& nvr, fleet::WallMillis at, std::uint32_t removed_cameras = 0);
  void removed(const fleet::Nvr& nvr, fleet::WallMillis at);
  void conflict(const fleet::NvrHead& nvr, std::string detail, fleet::WallMillis at);

  bool empty() const { return drafts_.empty(); }
  std::size_t size() const { return drafts_.size(); }

  /// The events, ready for a store::Write; nothing is pending afterwards.
  std::vector<fleet::Event> take();

private:
  struct Draft {
    fleet::Event event;
    std::vector<fleet::StatusChange> before; // parallel to event.cameras
  };

  fleet::Event& add(fleet::Kind kind, const fleet::NvrHead& nvr, fleet::WallMillis at);
  void merge(Draft& draft, const fleet::Nvr& nvr, const std::vector<fleet::StatusChange>& changed);

  std::vector<Draft> drafts_;
};

} // namespace nvrhub::actors
