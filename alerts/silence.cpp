// Who is told of an alert: inhibition and maintenance.

#include "alerts/engine.hpp"
#include "alerts/flapping.hpp"

namespace nvrhub::alerts {

std::string_view Engine::site_of(const Alert& alert) const {
  if (alert.subject.nvr_id == 0) return alert.subject.name;
  const auto nvr = nvrs_.find(alert.subject.nvr_id);
  return nvr == nvrs_.end() ? std::string_view() : std::string_view(nvr->second.site->first);
}

/// Leaves in `decision.announce` those of `wanted` on which no active alert of the site or the NVR has announced the
/// cause, or is about to. One that is silent for maintenance announces nothing, so it inhibits nothing.
void Engine::find_inhibitors(const Alert& alert, ChannelMask wanted, Decision& decision) const {
  decision.announce = wanted;
  const Level level = rule_of(alert).level;
  const auto inhibit = [&](fleet::NvrId id, std::string_view name) {
    for (auto it = alerts_.lower_bound(Key{id, std::string(name), 0}); it != alerts_.end(); ++it) {
      if (it->first.nvr_id != id || it->first.name != name) return;
      if (!it->second.is_active()) continue;
      const bool silent = !active_windows_.empty() && !maintenance_of(it->second).empty();
      const ChannelMask parents = silent ? it->second.announced : notified_[it->first.rule];
      const ChannelMask common = parents & notified_[alert.rule];
      decision.announce &= ~common;
      if (decision.inhibited_by == 0 && (common != 0 || notified_[alert.rule] == 0))
        decision.inhibited_by = it->second.id;
    }
  };
  const std::string_view site = site_of(alert);
  if (level != Level::site && !site.empty()) inhibit(0, site);
  if (level == Level::camera) inhibit(alert.subject.nvr_id, {});
}

Engine::Decision Engine::decide(const Alert& alert) const {
  Decision decision;
  const ChannelMask wanted = notified_[alert.rule] & ~alert.announced;
  find_inhibitors(alert, wanted, decision);
  decision.maintenance = maintenance_of(alert);
  if (!decision.maintenance.empty()) {
    decision.announce = 0;
    decision.silence = Silence::maintenance;
  } else if (decision.announce == 0) {
    decision.silence = notified_[alert.rule] == 0 ? Silence::no_channel
                       : wanted == 0              ? Silence::quiet
                                                  : Silence::inhibited;
  }
  return decision;
}

/// The active window that contains the whole NVR.
const MaintenanceWindow* Engine::window_of(std::string_view site, std::string_view hostname) const {
  for (const MaintenanceWindow* window : active_windows_) {
    if (!window->filter.cameras && window->filter.matches_nvr(site, hostname)) return window;
  }
  return nullptr;
}

std::string Engine::maintenance_of(const Alert& alert) const {
  if (active_windows_.empty()) return {};
  if (rule_of(alert).level == Level::site) return maintenance_of_site(alert);
  const auto nvr = nvrs_.find(alert.subject.nvr_id);
  if (nvr == nvrs_.end()) return {};
  for (const MaintenanceWindow* window : active_windows_) {
    const Scope& filter = window->filter;
    if (!filter.matches_nvr(nvr->second.site->first, nvr->second.hostname)) continue;
    if (!filter.cameras || (!alert.subject.name.empty() && filter.matches_camera(alert.subject.name)))
      return window->id;
  }
  return {};
}

/// A site is under maintenance if a window names it, or if it would not be down without the NVRs under maintenance.
std::string Engine::maintenance_of_site(const Alert& alert) const {
  const std::string& name = alert.subject.name;
  for (const MaintenanceWindow* window : active_windows_) {
    if (!window->filter.hostnames && !window->filter.cameras && window->filter.matches_site(name)) return window->id;
  }
  const auto site = sites_.find(name);
  if (site == sites_.end()) return {};
  const Rule& rule = rule_of(alert);
  std::string planned;
  std::uint64_t others = 0;
  for (const fleet::NvrId id : site->second.down) {
    const std::string& hostname = nvrs_.at(id).hostname;
    if (!rule.filter.matches_nvr(name, hostname)) continue;
    if (const MaintenanceWindow* window = window_of(name, hostname)) {
      if (planned.empty()) planned = window->id;
    } else {
      ++others;
    }
  }
  return rule.holds_for_site(others, site->second.counts[alert.rule].total) ? std::string() : planned;
}

/// The alert is not scheduled.
void Engine::announce(Alert& alert, const Decision& decision, fleet::WallMillis at) {
  if (decision.announce == 0) return;
  alert.announced |= decision.announce;
  const fleet::WallMillis remind = rule_of(alert).remind;
  if (remind > 0 && !alert.acknowledged) alert.remind_at = observed(at) + remind;
}

/// Announces an alert that fires if the reason for silence has ended. Without a receiver, its record follows the
/// reason.
void Engine::reconsider(Alert& alert, fleet::WallMillis at) {
  if (alert.state != State::firing) return;
  const Decision decision = decide(alert);
  if (decision.announce == 0 || alert.ended != 0) {
    const auto shown = reasons_.find(alert.id);
    const bool is_shown = shown == reasons_.end() ? !decision.has_reason() : shown->second == decision.reason();
    if (!is_shown) emit(Change::rescheduled, alert, at);
    return;
  }
  unschedule(alert);
  announce(alert, decision, at);
  schedule(alert);
  Transition& transition = emit(Change::announced, alert, at);
  transition.announce = decision.announce;
  transition.silence = Silence::none;
}

/// Announces what `ended_parents_` inhibited. Once per event, because several of them may end with it.
void Engine::reconsider_children(fleet::WallMillis at) {
  const auto reconsider_nvr = [&](fleet::NvrId id, bool with_own) {
    for (auto it = first_of(id); it != alerts_.end() && it->first.nvr_id == id; ++it) {
      if (with_own || !it->first.name.empty()) reconsider(it->second, at);
    }
  };
  for (const Subject& parent : std::exchange(ended_parents_, {})) {
    if (parent.nvr_id != 0) {
      if (parent.name.empty()) reconsider_nvr(parent.nvr_id, false);
    } else if (const auto site = sites_.find(parent.name); site != sites_.end()) {
      for (const fleet::NvrId id : site->second.with_alerts)
        reconsider_nvr(id, true);
    }
  }
}

void Engine::reconsider_all(fleet::WallMillis at) {
  for (auto& [key, alert] : alerts_)
    reconsider(alert, at);
}

Transition& Engine::emit(Change change, const Alert& alert, fleet::WallMillis at) {
  Transition made;
  made.change = change;
  made.at = at;
  made.alert = alert;
  const Rule& rule = rule_of(alert);
  made.rule = rule.name;
  made.level = rule.level;
  made.severity = rule.severity;
  made.site = site_of(alert);
  if (const auto nvr = nvrs_.find(alert.subject.nvr_id); nvr != nvrs_.end()) made.hostname = nvr->second.hostname;
  made.well_share = well_share(alert, observed(at));
  Decision causes;
  if (is_logged(change) || alert.state == State::firing) {
    find_inhibitors(alert, notified_[alert.rule], causes);
    causes.maintenance = maintenance_of(alert);
    made.inhibited_by = causes.inhibited_by;
    made.maintenance = causes.maintenance;
  }
  if (causes.has_reason() && alert.state == State::firing) {
    reasons_[alert.id] = causes.reason();
  } else {
    reasons_.erase(alert.id);
  }
  return transitions_.emplace_back(std::move(made));
}

} // namespace nvrhub::alerts
