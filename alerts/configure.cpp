// Restore, and the replacement of rules and channels.

#include "alerts/engine.hpp"

namespace nvrhub::alerts {

void Engine::set_configuration(Configuration configuration) {
  configuration_ = std::move(configuration);
  notified_.clear();
  const std::vector<std::string>& channels = configuration_.channels;
  for (const Rule& rule : configuration_.rules) {
    ChannelMask mask = 0;
    for (std::size_t i = 0; i < channels.size(); ++i) {
      if (!rule.notify || std::find(rule.notify->begin(), rule.notify->end(), channels[i]) != rule.notify->end())
        mask |= ChannelMask{1} << i;
    }
    notified_.push_back(mask);
  }
}

void Engine::add_nvr(const fleet::Nvr& nvr) {
  const auto site = sites_.try_emplace(nvr.site).first;
  const auto added = nvrs_.insert_or_assign(nvr.id, Nvr{site, nvr.hostname, nvr.online, was_seen(nvr), 0}).first;
  count_nvr(nvr.id, added->second, true);
}

Alert& Engine::place(Alert alert) {
  const Key key = key_of(alert);
  Alert& placed = alerts_.insert_or_assign(key, std::move(alert)).first->second;
  if (const auto nvr = nvrs_.find(key.nvr_id); nvr != nvrs_.end()) {
    nvr->second.site->second.with_alerts.insert(key.nvr_id);
    nvr->second.unconfirmed_until = std::max(nvr->second.unconfirmed_until, placed.unconfirmed_until);
  }
  schedule(placed);
  return placed;
}

void Engine::restore(Snapshot snapshot, Configuration configuration, std::vector<MaintenanceWindow> windows,
                     const EachNvr& each_nvr) {
  timers_.clear();
  alerts_.clear();
  nvrs_.clear();
  sites_.clear();
  transitions_.clear();
  reasons_.clear();
  position_ = snapshot.position;
  set_configuration(std::move(configuration));
  each_nvr([this](const fleet::Nvr& nvr) { add_nvr(nvr); });
  for (Alert& alert : snapshot.alerts) {
    if (alert.state == State::firing) reasons_[alert.id] = unknown_reason;
    if (alert.rule < configuration_.rules.size()) place(std::move(alert));
  }
  windows_ = std::move(windows);
  active_windows_.clear();
  update_windows(position_.now);
}

void Engine::configure(Configuration configuration, fleet::WallMillis at, const EachNvr& each_nvr) {
  move_to(at);
  at = position_.now;
  // Camera alerts before those of their NVRs: what ends with its parent is not announced before.
  for (auto it = alerts_.end(); it != alerts_.begin();) {
    const auto alert = std::prev(it);
    const Rule& rule = rule_of(alert->second);
    const bool continues = std::any_of(configuration.rules.begin(), configuration.rules.end(), [&](const Rule& other) {
      return other.name == rule.name && other.level == rule.level && other.when == rule.when;
    });
    if (continues) {
      it = alert;
    } else {
      retire(alert, at);
    }
  }
  Configuration former = std::move(configuration_);
  set_configuration(std::move(configuration));
  carry_over(std::move(former), at);

  for (auto& [name, site] : sites_) {
    site.counts.assign(configuration_.rules.size(), {});
    site.nvrs = 0;
  }
  for (auto& [id, nvr] : nvrs_)
    count_nvr(id, nvr, true);
  for (auto site = sites_.begin(); site != sites_.end(); ++site)
    evaluate_site(site, at);
  each_nvr([&](const fleet::Nvr& nvr) {
    if (!nvrs_.contains(nvr.id)) return;
    evaluate_nvr(nvr.id, at);
    evaluate_cameras(nvr, at, true);
  });
  ended_parents_.clear();
  reconsider_all(at);
}

/// Gives the alerts the indexes of the new rules and channels, and pending ones the new `for`.
void Engine::carry_over(Configuration former, fleet::WallMillis at) {
  timers_.clear();
  Alerts alerts = std::move(alerts_);
  alerts_.clear();
  for (auto& [key, alert] : alerts) {
    const Alert before = alert;
    const Rule& old_rule = former.rules[alert.rule];
    const auto& rules = configuration_.rules;
    const auto rule =
        std::find_if(rules.begin(), rules.end(), [&](const Rule& other) { return other.name == old_rule.name; });
    alert.rule = static_cast<std::uint16_t>(rule - rules.begin());
    if (alert.state == State::pending)
      alert.deadline = std::max(alert.deadline + rule->hold_for - old_rule.hold_for, observed(at));
    if (alert.remind_at != never)
      alert.remind_at =
          rule->remind == 0 ? never : std::max(alert.remind_at + rule->remind - old_rule.remind, observed(at));
    alert.announced = 0;
    for (std::size_t i = 0; i < configuration_.channels.size(); ++i) {
      const auto& channels = former.channels;
      const auto old = std::find(channels.begin(), channels.end(), configuration_.channels[i]);
      if (old != channels.end() && (before.announced >> (old - channels.begin()) & 1) != 0)
        alert.announced |= ChannelMask{1} << i;
    }
    const Alert& placed = place(std::move(alert));
    if (placed != before) emit(Change::rescheduled, placed, at);
  }
}

} // namespace nvrhub::alerts
