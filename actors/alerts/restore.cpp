// How the alert actor starts: the engine as it was stored, then the events that it has not seen.
#include <utility>

#include "actors/alerts/alert_actor.hpp"
#include "actors/alerts/alert_records.hpp"
#include "actors/alerts/fleet_at.hpp"
#include "alerts/zone_files.hpp"
#include "protocol/decode/alerts.hpp"
#include "protocol/encode/alerts.hpp"
#include "store/history/history.hpp"
#include "store/try.hpp"

namespace nvrhub::actors {

namespace {

tl::unexpected<store::Error> damaged(std::string_view key) {
  return tl::make_unexpected(
      store::Error{store::Errc::corrupt, "record \"" + std::string(key) + "\" of table alerts cannot be decoded"});
}

} // namespace

store::Result<void> AlertState::restore() {
  const store::PendingOperations::Operation operation(store_->operations());
  NVRHUB_LET(snapshot, store_->snapshot());
  NVRHUB_LET(head, snapshot.head());
  if (restored_) return replay(snapshot, head);

  NVRHUB_LET(stored, stored_configuration(snapshot));
  NVRHUB_TRY(load_windows(snapshot));
  NVRHUB_LET(record, snapshot.alert(alert_key::position));
  const fleet::WallMillis now = shared_->now();
  alerts::Snapshot state;
  state.position = {head, now, 0, now}; // of a store without alerts: what was before is not judged
  if (record) {
    NVRHUB_LET(alerts, stored_alerts(snapshot, stored));
    state.alerts = std::move(alerts.alerts);
    const auto position = decode_position(*record);
    if (!position) return damaged(alert_key::position);
    state.position = *position;
  }
  std::vector<alerts::MaintenanceWindow> windows;
  for (const auto& [id, window] : windows_)
    windows.push_back(window);
  const fleet::Seq begin = state.position.seq;
  store::Result<void> read;
  engine_.restore(std::move(state), stored, std::move(windows), [&](const auto& visit) {
    if (read) read = each_nvr_at(snapshot, begin, visit);
  });
  NVRHUB_TRY(std::move(read));
  rules_ = stored.rules;
  stored_seq_ = begin;
  NVRHUB_TRY(replay(snapshot, head));
  NVRHUB_TRY(deliveries_->restore(snapshot, head));
  restored_ = true;
  take_deliveries();
  if (record) NVRHUB_TRY(note_restart(snapshot));
  const bool is_new = !record || stored.channels != channels_;
  if (!is_new) return {};
  NVRHUB_TRY(configure(record ? stored.rules : options_.first_rules));
  records_[std::string(alert_key::rules)] = protocol::encode_alert_rules(rules_);
  records_[std::string(alert_key::channels)] = encode_names(channels_);
  return {};
}

/// What the stored alerts were decided with.
store::Result<alerts::Configuration> AlertState::stored_configuration(const store::Snapshot& snapshot) {
  alerts::Configuration stored;
  NVRHUB_LET(rules, snapshot.alert(alert_key::rules));
  if (rules) {
    auto decoded = protocol::decode_alert_rules(*rules);
    if (!decoded) return damaged(alert_key::rules);
    stored.rules = std::move(*decoded);
  }
  NVRHUB_LET(channels, snapshot.alert(alert_key::channels));
  if (channels) {
    auto names = decode_names(*channels);
    if (!names) return damaged(alert_key::channels);
    stored.channels = std::move(*names);
  }
  return stored;
}

store::Result<void> AlertState::load_windows(const store::Snapshot& snapshot) {
  windows_.clear();
  return snapshot.each_alert(alert_key::windows, [&](std::string_view key, std::string&& json) {
    auto window =
        protocol::decode_maintenance(json, [](std::string_view name) { return alerts::load_time_zone(name); });
    key.remove_prefix(alert_key::windows.size());
    if (!window) { // its time zone is gone from the machine
      shared_->log(Level::error, "alerts", "a maintenance window cannot be used: " + window.error().message,
                   {{"window", key}});
      return;
    }
    window->id = key;
    windows_.emplace(key, std::move(*window));
  });
}

store::Result<alerts::Snapshot> AlertState::stored_alerts(const store::Snapshot& snapshot,
                                                          const alerts::Configuration& stored) {
  alerts::Snapshot found;
  std::string_view wrong;
  NVRHUB_TRY(snapshot.each_alert(alert_key::alerts, [&](std::string_view key, std::string&& bytes) {
    auto record = decode_stored_alert(key, bytes);
    if (!record) {
      wrong = alert_key::alerts;
      return;
    }
    const auto rule = std::find_if(stored.rules.begin(), stored.rules.end(),
                                   [&](const alerts::Rule& other) { return other.name == record->rule; });
    if (rule == stored.rules.end()) return;
    record->alert.rule = static_cast<std::uint16_t>(rule - stored.rules.begin());
    found.alerts.push_back(std::move(record->alert));
  }));
  if (!wrong.empty()) return damaged(wrong);
  return found;
}

store::Result<void> AlertState::replay(const store::Snapshot& snapshot, fleet::Seq upto) {
  return snapshot.each_event(engine_.position().seq, upto, std::nullopt, [&](fleet::Event&& event) {
    apply(event, &snapshot);
    return true;
  });
}

/// The time between the end of the last run and the begin of this one counts for no condition.
store::Result<void> AlertState::note_restart(const store::Snapshot& snapshot) {
  const store::History history(snapshot);
  NVRHUB_LET(runs, history.runs(0));
  if (runs.size() < 2) return {};
  const auto grace = shared_->settings.restart_grace;
  const fleet::WallMillis began = runs.back().from;
  if (shared_->settings.in_cluster && began < engine_.position().now)
    return {}; // another server of the cluster has decided in this run
  grace_ends_ = self_->clock().now() + grace;
  engine_.restarted({runs[runs.size() - 2].to, began, began + grace.count()});
  take_transitions();
  return {};
}

store::Result<void> AlertState::configure(std::vector<alerts::Rule> rules) {
  const store::PendingOperations::Operation operation(store_->operations());
  NVRHUB_LET(snapshot, store_->snapshot());
  store::Result<void> read;
  // The rules are replaced even if the fleet cannot be read: conditions that hold already begin with their next event.
  engine_.configure({rules, channels_}, now(),
                    [&](const auto& visit) { read = each_nvr_at(snapshot, engine_.position().seq, visit); });
  if (!read) shared_->log(Level::error, "alerts", "the fleet cannot be read for new rules: " + read.error().message);
  rules_ = std::move(rules);
  take_transitions();
  return {};
}

} // namespace nvrhub::actors
