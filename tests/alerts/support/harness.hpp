#pragma once

// An engine with the fleet that its events describe. It keeps the records of alerts as a store would, from transitions
// alone, and compares them with the engine after each step.

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "alerts/engine.hpp"
#include "fleet/replay.hpp"

namespace alerts_test {

using namespace nvrhub;
using namespace nvrhub::alerts;

inline constexpr fleet::WallMillis sec = 1'000;
inline constexpr fleet::WallMillis minute = 60 * sec;
inline constexpr fleet::WallMillis hour = 60 * minute;
/// When histories begin: a Monday, 00:00 UTC.
inline constexpr fleet::WallMillis start = 1'767'571'200'000; // 2026-01-05

using Statuses = std::vector<std::pair<std::string, std::string>>; // camera, status

inline fleet::Status status(const std::string& text) {
  return fleet::Status::parse(text).value();
}

inline Rule rule(std::string name, Level level, When when, fleet::WallMillis hold_for,
                 fleet::WallMillis keep = minute) {
  Rule made;
  made.name = std::move(name);
  made.level = level;
  made.when = when;
  made.hold_for = hold_for;
  made.keep = keep;
  return made;
}

/// The durable part: what a crash leaves.
struct Stored {
  Position position;
  std::map<std::tuple<std::string, fleet::NvrId, std::string>, Alert> alerts;
  fleet::Fleet fleet; // as of position.seq

  Snapshot snapshot() const {
    Snapshot made{position, {}};
    for (const auto& [key, alert] : alerts)
      made.alerts.push_back(alert);
    return made;
  }
};

class Harness {
public:
  explicit Harness(std::vector<Rule> rules, std::vector<std::string> channels = {"mail"},
                   std::size_t max_alerts = Engine::default_max_alerts)
      : configuration{std::move(rules), std::move(channels)}, engine(std::make_unique<Engine>(max_alerts)) {
    engine->restore({{0, start, 0, start}, {}}, configuration, {}, each());
  }

  Engine::EachNvr each() const { return each_of(fleet); }
  static Engine::EachNvr each_of(const fleet::Fleet& all) {
    return [&all](const std::function<void(const fleet::Nvr&)>& visit) {
      for (const auto& [id, nvr] : all)
        visit(nvr);
    };
  }

  /// Server time passes to `time` after the start.
  void at(fleet::WallMillis time) {
    now = start + time;
    engine->advance(now);
    collect();
  }
  void pass(fleet::WallMillis time) { at(now - start + time); }

  void register_nvr(fleet::NvrId id, const std::string& hostname, const std::string& site,
                    const std::vector<std::string>& cameras = {}, bool online = true) {
    fleet::Nvr nvr;
    if (const auto known = fleet.find(id); known != fleet.end()) nvr = known->second;
    const bool is_new = nvr.id == 0;
    nvr.id = id;
    nvr.hostname = nvr.device_name = hostname;
    nvr.site = site;
    std::erase_if(nvr.cameras, [&](const fleet::Camera& camera) {
      return std::find(cameras.begin(), cameras.end(), camera.name) == cameras.end();
    });
    for (const std::string& camera : cameras) {
      if (nvr.find(camera) == nullptr) nvr.add(camera, "");
    }
    fleet::Event event = made(fleet::Kind::registered, id);
    event.hostname = hostname;
    event.site = site;
    event.nvr = std::move(nvr);
    apply(std::move(event));
    if (!is_new || !online) return;
    Statuses all;
    for (const std::string& camera : cameras)
      all.emplace_back(camera, "online");
    nvr_online(id, all);
  }
  void nvr_online(fleet::NvrId id, const Statuses& statuses = {}) {
    apply(with(fleet::Kind::nvr_online, id, statuses));
  }
  void cameras(fleet::NvrId id, const Statuses& statuses) { apply(with(fleet::Kind::cameras, id, statuses)); }
  void nvr_offline(fleet::NvrId id) { apply(made(fleet::Kind::nvr_offline, id)); }
  void conflict(fleet::NvrId id) { apply(made(fleet::Kind::conflict, id)); }
  void remove(fleet::NvrId id) { apply(made(fleet::Kind::removed, id)); }

  void configure(std::vector<Rule> rules, std::vector<std::string> channels = {"mail"}) {
    configuration = {std::move(rules), std::move(channels)};
    engine->configure(configuration, now, each());
    collect();
  }
  void set_maintenance(std::vector<MaintenanceWindow> windows_now) {
    windows = std::move(windows_now);
    engine->set_maintenance(windows, now);
    collect();
  }
  bool acknowledge(const std::string& rule_name, const Subject& subject, AlertId id, const std::string& who = "ada") {
    const bool found = engine->acknowledge(rule_name, subject, id, {who, "on it", now});
    collect();
    return found;
  }
  void confirm(fleet::NvrId id) {
    engine->confirmed(id, now);
    collect();
  }

  /// The server stops now and runs again after `down`; its state is what was written.
  void restart(fleet::WallMillis down, fleet::WallMillis grace) {
    const Restart restart{now, now + down, now + down + grace};
    auto next = std::make_unique<Engine>();
    next->restore(stored.snapshot(), configuration, windows, each());
    engine = std::move(next);
    now = restart.to;
    engine->restarted(restart);
    collect();
  }

  void apply(fleet::Event event) {
    fleet::apply(fleet, event);
    const auto nvr = fleet.find(event.nvr_id);
    if (nvr != fleet.end()) event.after = fleet::summary_of(nvr->second);
    if (event.kind == fleet::Kind::nvr_online && nvr != fleet.end()) nvr->second.last_seen = event.at;
    engine->apply(event, [&] { return view(event.nvr_id); });
    last_event = event;
    collect();
  }
  std::optional<fleet::Nvr> view(fleet::NvrId id) const {
    const auto nvr = fleet.find(id);
    return nvr == fleet.end() ? std::nullopt : std::optional(nvr->second);
  }

  /// Writes the new transitions, and compares the records with the engine.
  void collect() {
    for (Transition& transition : engine->take_transitions()) {
      const auto key = std::tuple(transition.rule, transition.alert.subject.nvr_id, transition.alert.subject.name);
      if (transition.erased) {
        stored.alerts.erase(key);
      } else {
        stored.alerts[key] = transition.alert;
      }
      shown_[key] = transition;
      if (is_logged(transition.change)) log.push_back(transition);
    }
    stored.position = engine->position();
    stored.fleet = fleet;
    std::map<std::tuple<std::string, fleet::NvrId, std::string>, Alert> held;
    for (const Alert& alert : engine->snapshot().alerts)
      held[{configuration.rules[alert.rule].name, alert.subject.nvr_id, alert.subject.name}] = alert;
    if (check_records && !(held == stored.alerts)) FAIL("the transitions do not give the records of the engine");
  }

  /// The last transition of an alert, which is what its record says.
  const Transition& shown(const std::string& rule_name, fleet::NvrId id, const std::string& name = {}) {
    return shown_.at({rule_name, id, name});
  }

  /// The logged transitions since the last call, as "seconds change rule subject [announced to]".
  std::vector<std::string> lines() {
    at(now - start); // what is due now
    std::vector<std::string> texts;
    for (const Transition& transition : std::exchange(log, {}))
      texts.push_back(line(transition));
    return texts;
  }
  std::string line(const Transition& t) const {
    std::string text =
        std::to_string((t.at - start) / sec) + " " + std::string(to_string(t.change)) + " " + t.rule + " ";
    text += t.level == Level::site ? t.site : t.hostname;
    if (t.level == Level::camera) text += "/" + t.alert.subject.name;
    for (std::size_t i = 0; i < configuration.channels.size(); ++i) {
      if ((t.announce >> i & 1) != 0) text += " > " + configuration.channels[i];
    }
    return text;
  }
  /// The last logged transition, after what is due now.
  const Transition& last() {
    at(now - start);
    REQUIRE_FALSE(log.empty());
    return log.back();
  }
  const Alert* find(const std::string& rule_name, fleet::NvrId id, const std::string& name = "") const {
    const auto found = stored.alerts.find({rule_name, id, name});
    return found == stored.alerts.end() ? nullptr : &found->second;
  }

  Configuration configuration;
  std::vector<MaintenanceWindow> windows;
  std::unique_ptr<Engine> engine;
  fleet::Fleet fleet;
  fleet::Event last_event;
  fleet::WallMillis now = start;
  Stored stored;
  std::vector<Transition> log;
  bool check_records = true;

private:
  fleet::Event made(fleet::Kind kind, fleet::NvrId id) {
    fleet::Event event;
    event.seq = ++seq_;
    event.at = now;
    event.kind = kind;
    event.nvr_id = id;
    if (const auto nvr = fleet.find(id); nvr != fleet.end()) {
      event.hostname = nvr->second.hostname;
      event.site = nvr->second.site;
    }
    return event;
  }
  fleet::Event with(fleet::Kind kind, fleet::NvrId id, const Statuses& statuses) {
    fleet::Event event = made(kind, id);
    for (const auto& [camera, text] : statuses)
      event.cameras.push_back({camera, status(text)});
    return event;
  }

  fleet::Seq seq_ = 0;
  std::map<std::tuple<std::string, fleet::NvrId, std::string>, Transition> shown_;
};

using Lines = std::vector<std::string>;

/// For alerts of one level that fire at one instant: their order follows from their ids.
inline Lines sorted(Lines lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// By rule, NVR and name.
inline Snapshot sorted(Snapshot snapshot) {
  std::sort(snapshot.alerts.begin(), snapshot.alerts.end(), [](const Alert& a, const Alert& b) {
    return std::tie(a.rule, a.subject.nvr_id, a.subject.name) < std::tie(b.rule, b.subject.nvr_id, b.subject.name);
  });
  return snapshot;
}

/// For comparisons whose failure is to be read.
inline std::string to_text(const Snapshot& snapshot) {
  const Position& at = snapshot.position;
  std::string text = std::to_string(at.seq) + " now " + std::to_string(at.now - start) + " unobserved " +
                     std::to_string(at.unobserved) + " run " + std::to_string(at.run_began - start) + "\n";
  for (const Alert& a : sorted(snapshot).alerts) {
    text += std::to_string(a.rule) + " " + std::to_string(a.subject.nvr_id) + "/" + a.subject.name + " " +
            std::string(to_string(a.state));
    for (const std::int64_t value :
         {static_cast<std::int64_t>(a.id), static_cast<std::int64_t>(a.begun_seq), a.begun, a.fired, a.ended,
          a.resolved, a.deadline, a.hold_until, a.remind_at, a.unconfirmed_until,
          static_cast<std::int64_t>(a.announced), static_cast<std::int64_t>(a.returns)})
      text += " " + std::to_string(value);
    for (const ObservedMillis change : a.changes)
      text += ", " + std::to_string(change);
    text += "\n";
  }
  return text;
}

} // namespace alerts_test
