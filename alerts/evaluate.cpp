// What events say about the conditions of rules.

#include "alerts/engine.hpp"

namespace nvrhub::alerts {

namespace {

constexpr ObservedMillis conflict_hold = 10 * 60'000;

std::uint16_t index_of(std::size_t i) {
  return static_cast<std::uint16_t>(i);
}

} // namespace

void Engine::apply(const fleet::Event& event, const NvrAfter& nvr_after) {
  move_to(event.at);
  position_.seq = event.seq;
  const auto nvr = nvrs_.find(event.nvr_id);
  if (event.kind == fleet::Kind::registered) {
    registered(event);
  } else if (nvr != nvrs_.end()) {
    switch (event.kind) {
    case fleet::Kind::nvr_online:
      confirm(event.nvr_id, nvr->second, event.at);
      nvr_online(event, nvr_after);
      break;
    case fleet::Kind::nvr_offline:
      confirm(event.nvr_id, nvr->second, event.at);
      nvr_offline(event, nvr_after);
      break;
    case fleet::Kind::cameras:
      if (event.cameras.empty() || event.cameras.front().source != fleet::Source::manual)
        confirm(event.nvr_id, nvr->second, event.at);
      for (const fleet::CameraChange& change : event.cameras)
        evaluate_camera(event.nvr_id, nvr->second, change.name, change.status, event.at, event.at);
      break;
    case fleet::Kind::conflict:
      confirm(event.nvr_id, nvr->second, event.at);
      conflict(event);
      break;
    case fleet::Kind::removed:
      removed(event);
      break;
    default:
      break;
    }
  }
  reconsider_children(event.at);
}

void Engine::count_nvr(fleet::NvrId id, const Nvr& nvr, bool add) {
  const std::uint32_t one = add ? 1 : ~std::uint32_t{0}; // unsigned sums wrap
  Site& site = nvr.site->second;
  site.nvrs += one;
  if (add && nvr.seen && !nvr.online) {
    site.down.insert(id);
  } else {
    site.down.erase(id);
  }
  site.counts.resize(configuration_.rules.size());
  if (!nvr.seen) return;
  for (std::size_t i = 0; i < configuration_.rules.size(); ++i) {
    const Rule& rule = configuration_.rules[i];
    if (rule.level != Level::site || !rule.filter.matches_nvr(nvr.site->first, nvr.hostname)) continue;
    site.counts[i].total += one;
    if (!nvr.online) site.counts[i].down += one;
  }
}

void Engine::release_site(Sites::iterator site) {
  if (site->second.nvrs == 0 && site->second.with_alerts.empty()) sites_.erase(site);
}

void Engine::evaluate_site(Sites::iterator site, fleet::WallMillis at) {
  if (site->first.empty()) return; // NVRs without a site have no cause in common
  for (std::size_t i = 0; i < configuration_.rules.size(); ++i) {
    const Rule& rule = configuration_.rules[i];
    if (rule.level != Level::site) continue;
    const Key key{0, site->first, index_of(i)};
    const Site::Count& count = site->second.counts[i];
    set_condition(key, rule.holds_for_site(count.down, count.total), at, at);
    if (active_windows_.empty()) continue;
    // More NVRs may have fallen than those under maintenance.
    if (const auto alert = alerts_.find(key); alert != alerts_.end()) reconsider(alert->second, at);
  }
}

void Engine::evaluate_nvr(fleet::NvrId id, fleet::WallMillis at) {
  const Nvr& nvr = nvrs_.at(id);
  for (std::size_t i = 0; i < configuration_.rules.size(); ++i) {
    const Rule& rule = configuration_.rules[i];
    if (rule.level != Level::nvr) continue;
    const bool matches = rule.filter.matches_nvr(nvr.site->first, nvr.hostname);
    if (rule.is_presence() || !matches)
      set_condition({id, {}, index_of(i)}, matches && nvr.seen && !nvr.online, at, at);
  }
}

/// Whether an alert of the NVR stands for those of a camera rule for as long as the NVR is offline, on all channels.
/// Then its cameras get no alerts of their own for having fallen with it: an outage of the network would make one per
/// camera of the fleet.
bool Engine::is_covered(std::uint16_t camera_rule, const Nvr& nvr) const {
  for (std::size_t i = 0; i < configuration_.rules.size(); ++i) {
    const Rule& rule = configuration_.rules[i];
    if (rule.level == Level::nvr && rule.is_presence() && (notified_[camera_rule] & ~notified_[i]) == 0 &&
        rule.filter.matches_nvr(nvr.site->first, nvr.hostname)) {
      return true;
    }
  }
  return false;
}

bool Engine::has_uncovered_rule(const Nvr& nvr) const {
  for (std::size_t i = 0; i < configuration_.rules.size(); ++i) {
    const Rule& rule = configuration_.rules[i];
    if (rule.level == Level::camera && rule.is_presence() && rule.filter.matches_nvr(nvr.site->first, nvr.hostname) &&
        !is_covered(index_of(i), nvr)) {
      return true;
    }
  }
  return false;
}

/// An offline NVR says nothing of its cameras: an alert that a camera has stays as it is until the NVR is back. For a
/// rule that no alert of the NVR covers, offline is what the camera is.
void Engine::evaluate_camera(fleet::NvrId id, const Nvr& nvr, std::string_view name, const fleet::Status& status,
                             fleet::WallMillis begun, fleet::WallMillis at) {
  for (std::size_t i = 0; i < configuration_.rules.size(); ++i) {
    const Rule& rule = configuration_.rules[i];
    if (rule.level != Level::camera) continue;
    const bool matches = rule.filter.matches_nvr(nvr.site->first, nvr.hostname) && rule.filter.matches_camera(name);
    const bool holds = matches && rule.holds_for_status(status);
    const bool fell = !nvr.online && status.is_offline();
    if (matches && fell && !(rule.is_presence() && !is_covered(index_of(i), nvr))) continue;
    set_condition({id, std::string(name), index_of(i)}, holds, begun, at);
  }
}

void Engine::evaluate_cameras(const fleet::Nvr& view, fleet::WallMillis at, bool since_now) {
  const Nvr& nvr = nvrs_.at(view.id);
  if (!nvr.seen) return;
  for (const fleet::Camera& camera : view.cameras) {
    const fleet::WallMillis begun = since_now || camera.since == 0 ? at : camera.since;
    evaluate_camera(view.id, nvr, camera.name, camera.status, begun, at);
  }
}

/// All cameras are online.
void Engine::end_cameras(fleet::NvrId id, fleet::WallMillis at) {
  for (auto it = first_of(id); it != alerts_.end() && it->first.nvr_id == id;) {
    const Key key = it->first;
    ++it; // the end of a condition may erase its alert
    if (!key.name.empty()) set_condition(key, false, at, at);
  }
}

void Engine::nvr_online(const fleet::Event& event, const NvrAfter& nvr_after) {
  Nvr& nvr = nvrs_.at(event.nvr_id);
  count_nvr(event.nvr_id, nvr, false);
  nvr.online = nvr.seen = true;
  count_nvr(event.nvr_id, nvr, true);
  // Cameras before their NVR: those that came back with it have ended when its alert no longer inhibits them.
  if (event.after.exists && event.after.cameras_offline + event.after.cameras_other == 0) {
    end_cameras(event.nvr_id, event.at);
  } else if (const auto view = nvr_after()) {
    evaluate_cameras(*view, event.at, false);
  } else {
    for (const fleet::CameraChange& change : event.cameras)
      evaluate_camera(event.nvr_id, nvr, change.name, change.status, event.at, event.at);
  }
  evaluate_nvr(event.nvr_id, event.at);
  evaluate_site(nvr.site, event.at);
}

void Engine::nvr_offline(const fleet::Event& event, const NvrAfter& nvr_after) {
  Nvr& nvr = nvrs_.at(event.nvr_id);
  count_nvr(event.nvr_id, nvr, false);
  nvr.online = false;
  count_nvr(event.nvr_id, nvr, true);
  evaluate_site(nvr.site, event.at); // parents first: they inhibit
  evaluate_nvr(event.nvr_id, event.at);
  if (!has_uncovered_rule(nvr)) return;
  if (const auto view = nvr_after()) evaluate_cameras(*view, event.at, false);
}

void Engine::conflict(const fleet::Event& event) {
  const Nvr& nvr = nvrs_.at(event.nvr_id);
  for (std::size_t i = 0; i < configuration_.rules.size(); ++i) {
    const Rule& rule = configuration_.rules[i];
    if (rule.level != Level::nvr || rule.when != When::conflict) continue;
    if (rule.filter.matches_nvr(nvr.site->first, nvr.hostname))
      set_condition({event.nvr_id, {}, index_of(i)}, true, event.at, event.at, observed(event.at) + conflict_hold);
  }
}

void Engine::registered(const fleet::Event& event) {
  const fleet::Nvr& view = *event.nvr;
  const auto site = sites_.try_emplace(view.site).first;
  const auto [it, is_new] = nvrs_.try_emplace(event.nvr_id, Nvr{site, view.hostname, view.online, was_seen(view), 0});
  Nvr& nvr = it->second;
  const auto former = nvr.site;
  if (!is_new) {
    count_nvr(event.nvr_id, nvr, false);
    if (former->second.with_alerts.erase(event.nvr_id) > 0) site->second.with_alerts.insert(event.nvr_id);
    nvr.site = site;
    nvr.hostname = view.hostname;
    nvr.online = view.online;
    nvr.seen = nvr.seen || was_seen(view);
  }
  count_nvr(event.nvr_id, nvr, true);
  if (former != site) evaluate_site(former, event.at);
  evaluate_site(site, event.at);
  evaluate_nvr(event.nvr_id, event.at);
  evaluate_cameras(view, event.at, false);
  for (auto alert = first_of(event.nvr_id); alert != alerts_.end() && alert->first.nvr_id == event.nvr_id;) {
    const auto next = std::next(alert);
    if (!alert->first.name.empty() && view.find(alert->first.name) == nullptr) {
      retire(alert, event.at); // the camera was removed
    } else {
      reconsider(alert->second, event.at); // what inhibits it may belong to another site
    }
    alert = next;
  }
  if (former != site) release_site(former);
}

void Engine::removed(const fleet::Event& event) {
  const auto nvr = nvrs_.find(event.nvr_id);
  const auto site = nvr->second.site;
  for (auto alert = first_of(event.nvr_id); alert != alerts_.end() && alert->first.nvr_id == event.nvr_id;) {
    const auto next = std::next(alert);
    retire(alert, event.at);
    alert = next;
  }
  count_nvr(event.nvr_id, nvr->second, false);
  nvrs_.erase(nvr);
  evaluate_site(site, event.at);
  release_site(site);
}

} // namespace nvrhub::alerts
