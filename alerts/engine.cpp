#include "alerts/engine.hpp"

namespace nvrhub::alerts {

void Engine::move_to(fleet::WallMillis time) {
  run_timers(time, false);
  position_.now = std::max(position_.now, time);
}

void Engine::advance(fleet::WallMillis now) {
  run_timers(now, true);
  position_.now = std::max(position_.now, now);
}

std::optional<fleet::WallMillis> Engine::next_deadline() const {
  std::optional<fleet::WallMillis> next = maintenance_change_;
  if (!timers_.empty()) {
    const fleet::WallMillis timer = wall(timers_.begin()->due);
    if (!next || timer < *next) next = timer;
  }
  return next;
}

Snapshot Engine::snapshot() const {
  Snapshot made{position_, {}};
  made.alerts.reserve(alerts_.size());
  for (const auto& [key, alert] : alerts_)
    made.alerts.push_back(alert);
  return made;
}

const Alert* Engine::find(AlertId id) const {
  const auto found =
      std::find_if(alerts_.begin(), alerts_.end(), [&](const auto& entry) { return entry.second.id == id; });
  return found == alerts_.end() ? nullptr : &found->second;
}

void Engine::unobserved(fleet::WallMillis from, fleet::WallMillis to) {
  add_gap(std::max(from, position_.now), to);
}

void Engine::restarted(const Restart& restart) {
  const fleet::WallMillis from = std::max(restart.from, position_.now);
  const fleet::WallMillis to = std::max(restart.to, from);
  move_to(from);
  assume_unconfirmed(from, to, std::max(restart.grace_until, to));
  add_gap(from, to);
}

void Engine::add_gap(fleet::WallMillis from, fleet::WallMillis to) {
  move_to(from);
  if (to > from) {
    position_.unobserved += to - from;
    position_.run_began = to;
    position_.now = to;
  }
  if (update_windows(position_.now)) reconsider_all(position_.now);
}

/// Moves the deadlines of NVRs that are online behind the grace, as if they came back at its end. What was assumed of
/// an earlier run is corrected to its end.
void Engine::assume_unconfirmed(fleet::WallMillis from, fleet::WallMillis to, fleet::WallMillis grace_until) {
  for (auto& [id, nvr] : nvrs_)
    nvr.unconfirmed_until = nvr.online && grace_until > to ? grace_until : 0;
  for (auto& [key, alert] : alerts_) {
    const auto nvr = nvrs_.find(key.nvr_id);
    if (nvr == nvrs_.end() || !nvr->second.online) continue;
    const fleet::WallMillis earlier = std::max<fleet::WallMillis>(alert.unconfirmed_until - from, 0);
    const fleet::WallMillis by = grace_until - to - earlier;
    alert.unconfirmed_until = nvr->second.unconfirmed_until;
    shift(alert, by);
    emit(Change::rescheduled, alert, from);
  }
}

void Engine::confirmed(fleet::NvrId nvr_id, fleet::WallMillis at) {
  move_to(at);
  const auto nvr = nvrs_.find(nvr_id);
  if (nvr != nvrs_.end()) confirm(nvr_id, nvr->second, at);
}

void Engine::confirm(fleet::NvrId id, Nvr& nvr, fleet::WallMillis at) {
  if (std::exchange(nvr.unconfirmed_until, 0) == 0) return;
  for (auto it = first_of(id); it != alerts_.end() && it->first.nvr_id == id; ++it) {
    Alert& alert = it->second;
    const fleet::WallMillis until = std::exchange(alert.unconfirmed_until, 0);
    if (until == 0) continue;
    if (until > at) shift(alert, at - until);
    emit(Change::rescheduled, alert, at);
  }
}

void Engine::set_maintenance(std::vector<MaintenanceWindow> windows, fleet::WallMillis at) {
  move_to(at);
  windows_ = std::move(windows);
  active_windows_.clear();
  update_windows(position_.now);
  reconsider_all(position_.now);
}

/// True if other windows are active than before.
bool Engine::update_windows(fleet::WallMillis at) {
  std::vector<const MaintenanceWindow*> active;
  maintenance_change_.reset();
  for (const MaintenanceWindow& window : windows_) {
    if (window.is_active(at)) active.push_back(&window);
    const auto change = window.next_change(at);
    if (change && (!maintenance_change_ || *change < *maintenance_change_)) maintenance_change_ = change;
  }
  const bool changed = active != active_windows_;
  active_windows_ = std::move(active);
  return changed;
}

} // namespace nvrhub::alerts
