#include "actors/nvr/pending.hpp"

#include <algorithm>
#include <utility>

namespace nvrhub::actors {

namespace {

std::uint32_t count_not_offline(const fleet::Nvr& nvr) {
  return static_cast<std::uint32_t>(std::count_if(
      nvr.cameras.begin(), nvr.cameras.end(), [](const fleet::Camera& camera) { return !camera.status.is_offline(); }));
}

} // namespace

fleet::Event& Pending::add(fleet::Kind kind, const fleet::NvrHead& nvr, fleet::WallMillis at) {
  fleet::Event& event = events_.emplace_back().event;
  event.kind = kind;
  event.at = at;
  event.nvr_id = nvr.id;
  event.hostname = nvr.hostname;
  event.device_name = nvr.device_name;
  event.after.online = nvr.online;
  return event;
}

void Pending::merge(PendingEvent& pending, const fleet::Nvr& nvr, const std::vector<fleet::StatusChange>& changed) {
  std::vector<fleet::CameraChange>& cameras = pending.event.cameras;
  const std::size_t merge_up_to = cameras.size(); // a new event merges with nothing: no search
  cameras.reserve(merge_up_to + changed.size());
  pending.before.reserve(merge_up_to + changed.size());
  std::size_t hint = 0;
  for (const fleet::StatusChange& change : changed) {
    const fleet::Camera& now = *nvr.find(change.name, hint);
    hint = static_cast<std::size_t>(&now - nvr.cameras.data()) + 1;
    std::size_t i = 0;
    while (i < merge_up_to && cameras[i].name != change.name)
      ++i;
    if (i < merge_up_to) {
      cameras[i].status = now.status;
      cameras[i].source = now.source;
    } else {
      cameras.push_back({change.name, now.status, now.source});
      pending.before.push_back(change);
    }
  }
  // A camera that is as before the event has not changed.
  std::size_t kept = 0;
  std::uint32_t updated = 0;
  for (std::size_t i = 0; i < cameras.size(); ++i) {
    const bool same_status = cameras[i].status == pending.before[i].before;
    if (same_status && cameras[i].source == pending.before[i].source_before) continue;
    if (!same_status) ++updated;
    if (kept != i) {
      cameras[kept] = std::move(cameras[i]);
      pending.before[kept] = std::move(pending.before[i]);
    }
    ++kept;
  }
  cameras.resize(kept);
  pending.before.resize(kept);
  pending.event.cameras_updated = updated;
}

void Pending::nvr_online(const fleet::Nvr& nvr, const std::vector<fleet::StatusChange>& changed, fleet::WallMillis at) {
  // Two in a row are a takeover: the online period continues, so one event covers both.
  if (events_.empty() || events_.back().event.kind != fleet::Kind::nvr_online) {
    add(fleet::Kind::nvr_online, nvr, at);
  }
  events_.back().event.at = at;
  merge(events_.back(), nvr, changed);
}

void Pending::cameras(const fleet::Nvr& nvr, const std::vector<fleet::StatusChange>& changed, fleet::WallMillis at) {
  if (changed.empty()) return;
  const bool mergeable = !events_.empty() && (events_.back().event.kind == fleet::Kind::cameras ||
                                              events_.back().event.kind == fleet::Kind::nvr_online);
  if (!mergeable) add(fleet::Kind::cameras, nvr, at);
  PendingEvent& pending = events_.back();
  pending.event.at = at;
  merge(pending, nvr, changed);
  if (pending.event.kind == fleet::Kind::cameras && pending.event.cameras.empty()) events_.pop_back();
}

void Pending::nvr_offline(const fleet::Nvr& nvr, fleet::Cause cause, fleet::WallMillis at) {
  fleet::Event& event = add(fleet::Kind::nvr_offline, nvr, at);
  event.after.online = false;
  event.cause = cause;
  event.cameras_updated = count_not_offline(nvr);
}

void Pending::registered(const fleet::Nvr& nvr, fleet::WallMillis at, std::uint32_t removed_cameras) {
  fleet::Event& event = add(fleet::Kind::registered, nvr, at);
  event.nvr = nvr;
  event.cameras_updated = removed_cameras;
}

void Pending::removed(const fleet::Nvr& nvr, fleet::WallMillis at) {
  fleet::Event& event = add(fleet::Kind::removed, nvr, at);
  event.after.online = false;
  event.cameras_updated = count_not_offline(nvr);
}

void Pending::conflict(const fleet::NvrHead& nvr, std::string detail, fleet::WallMillis at) {
  add(fleet::Kind::conflict, nvr, at).detail = std::move(detail);
}

std::vector<fleet::Event> Pending::take() {
  has_session_ = false;
  std::vector<fleet::Event> events;
  events.reserve(events_.size());
  for (PendingEvent& pending :
       std::exchange(events_, {})) // frees the memory: at any time most NVRs have nothing pending
    events.push_back(std::move(pending.event));
  return events;
}

} // namespace nvrhub::actors
