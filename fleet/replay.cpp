#include "fleet/replay.hpp"

namespace nvrhub::fleet {

std::string_view to_string(Kind kind) {
  switch (kind) {
  case Kind::nvr_online:
    return "nvr_online";
  case Kind::cameras:
    return "cameras";
  case Kind::nvr_offline:
    return "nvr_offline";
  case Kind::registered:
    return "registered";
  case Kind::removed:
    return "removed";
  case Kind::conflict:
    return "conflict";
  case Kind::admin:
    return "admin";
  case Kind::alert:
    return "alert";
  }
  return "?";
}

bool is_status_change(const Event& event) {
  switch (event.kind) {
  case Kind::nvr_online:
  case Kind::cameras:
  case Kind::nvr_offline:
  case Kind::removed:
    return true;
  case Kind::registered:
    return event.cameras_updated > 0; // a camera was removed
  case Kind::conflict:
  case Kind::admin:
  case Kind::alert:
    return false;
  }
  return false;
}

NvrSummary summary_of(const Nvr& nvr) {
  NvrSummary nvr_summary{true, nvr.online, 0, 0, 0};
  for (const Camera& camera : nvr.cameras) {
    ++(camera.status.is_online()    ? nvr_summary.cameras_online
       : camera.status.is_offline() ? nvr_summary.cameras_offline
                                    : nvr_summary.cameras_other);
  }
  return nvr_summary;
}

void apply(Nvr& nvr, const Event& event) {
  switch (event.kind) {
  case Kind::nvr_online:
  case Kind::cameras:
    if (event.kind == Kind::nvr_online) nvr.online = true;
    for (const CameraChange& change : event.cameras) {
      if (Camera* camera = nvr.find(change.name)) {
        camera->status = change.status;
        camera->source = change.source;
        camera->since = event.at;
      }
    }
    return;
  case Kind::nvr_offline:
    nvr.online = false;
    for (Camera& camera : nvr.cameras) {
      if (camera.status.is_offline()) continue;
      camera.status = Status::offline();
      camera.source = Source::nvr_unreachable;
      camera.since = event.at;
    }
    return;
  case Kind::registered:
    nvr = *event.nvr;
    return;
  case Kind::removed:
  case Kind::conflict:
  case Kind::admin:
  case Kind::alert:
    return;
  }
}

void apply(Fleet& fleet, const Event& event) {
  if (event.kind == Kind::removed) {
    fleet.erase(event.nvr_id);
  } else if (event.kind == Kind::registered) {
    apply(fleet[event.nvr_id], event);
  } else if (const auto at = fleet.find(event.nvr_id); at != fleet.end()) {
    apply(at->second, event);
  }
}

} // namespace nvrhub::fleet
