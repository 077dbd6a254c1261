#include "alerts/support/model.hpp"

#include <cmath>
#include <set>

namespace alerts_test {

namespace {

enum class Phase { none, pending, firing, recovering, over };

struct Cell { // one rule and subject
  Phase phase = Phase::none;
  std::int64_t held = 0;      // seconds that the condition holds
  std::int64_t gone = 0;      // seconds since it ended
  std::int64_t hold_left = 0; // conflict
  std::int64_t begun_ms = 0;
  int returns = 0;
  ChannelMask announced = 0;
  std::vector<bool> well; // of each observed second since the first begin
};

class Model {
public:
  Model(const Configuration& configuration, const std::vector<Input>& history)
      : rules_(configuration.rules), history_(history) {
    for (const Rule& each : rules_) {
      ChannelMask mask = 0;
      for (std::size_t i = 0; i < configuration.channels.size(); ++i) {
        const auto& names = each.notify;
        if (!names || std::count(names->begin(), names->end(), configuration.channels[i]) > 0) mask |= 1U << i;
      }
      masks_.push_back(mask);
    }
  }

  std::vector<Outcome> run(std::int64_t until) {
    std::size_t next = 0;
    std::int64_t down_until = 0;
    for (now_ = 0; now_ <= until; ++now_) {
      if (now_ > down_until) count();
      if (now_ >= grace_) unconfirmed_.clear();
      if (now_ >= down_until) {
        if (is_active_set_changed()) announce_all();
      }
      for (; next < history_.size() && history_[next].at == now_; ++next) {
        if (const Input& gap = history_[next]; gap.what == Input::What::gap) {
          down_until = gap.down_until;
          if (gap.down_until > now_) run_began_ = gap.down_until; // a gap of no time is none
          unconfirmed_.clear();
          for (const auto& [id, nvr] : fleet_) {
            if (nvr.online && gap.grace > 0) unconfirmed_.insert(id);
          }
          grace_ = gap.down_until + gap.grace;
          if (down_until == now_ && is_active_set_changed()) announce_all();
        } else {
          deferred_ = true;
          input(history_[next]);
          deferred_ = false;
          announce_all();
        }
      }
      if (now_ >= down_until) timers();
    }
    std::sort(outcomes_.begin(), outcomes_.end());
    return outcomes_;
  }

private:
  using Place = std::tuple<Level, fleet::NvrId, std::string, std::size_t>; // level, NVR, name, rule

  const Rule& rule_of(const Place& place) const { return rules_[std::get<3>(place)]; }
  ChannelMask mask_of(const Place& place) const { return masks_[std::get<3>(place)]; }
  std::int64_t keep(const Place& place, const Cell& cell) const {
    std::int64_t seconds = rule_of(place).keep / sec;
    for (int i = 0; i < cell.returns; ++i)
      seconds = std::max(seconds, std::min<std::int64_t>(2 * seconds, 900));
    return seconds;
  }

  void count() { // a second has been observed
    for (auto& [place, cell] : cells_) {
      cell.well.push_back(cell.phase == Phase::recovering || cell.phase == Phase::over);
      if (unconfirmed_.contains(std::get<1>(place))) continue;
      ++cell.held;
      ++cell.gone;
      --cell.hold_left;
    }
  }

  void timers() {
    for (const Level level : {Level::site, Level::nvr, Level::camera}) {
      std::vector<Place> places;
      for (const auto& [place, cell] : cells_) {
        if (std::get<0>(place) == level) places.push_back(place);
      }
      deferred_ = true; // what happens at one instant on one level is one change
      for (const Place& place : places)
        timer(place);
      deferred_ = false;
      announce_all();
    }
  }

  void timer(const Place& place) {
    Cell& cell = cells_.at(place);
    const Rule& rule = rule_of(place);
    if (unconfirmed_.contains(std::get<1>(place))) return;
    if (cell.phase == Phase::pending && cell.held * sec >= rule.hold_for) {
      cell.phase = Phase::firing;
      const ChannelMask told = receivers(place, cell);
      cell.announced |= told;
      put("fired", place, cell, told);
    }
    if ((cell.phase == Phase::pending || cell.phase == Phase::firing) && rule.when == When::conflict &&
        cell.hold_left <= 0) {
      end(place);
      return;
    }
    if (cell.phase == Phase::recovering && cell.gone >= keep(place, cell)) {
      cell.phase = Phase::over;
      put("resolved", place, cell, cell.announced & mask_of(place));
      announce_all();
    } else if (cell.phase == Phase::over && cell.gone >= 3'600) {
      cells_.erase(place);
    }
  }

  void end(const Place& place) {
    Cell& cell = cells_.at(place);
    cell.gone = 0;
    if (cell.phase == Phase::firing) {
      cell.phase = Phase::recovering;
      return;
    }
    cell.phase = Phase::over;
    if (cell.returns == 0) cells_.erase(place);
    announce_all();
  }

  void set(const Place& place, bool holds, std::int64_t begun_ms) {
    const auto found = cells_.find(place);
    const Phase phase = found == cells_.end() ? Phase::none : found->second.phase;
    if (!holds) {
      if (phase == Phase::pending || phase == Phase::firing) end(place);
      return;
    }
    if (phase == Phase::pending || phase == Phase::firing) return;
    Cell& cell = cells_[place];
    if (phase == Phase::recovering) {
      cell.phase = Phase::firing;
      ++cell.returns;
      announce_all();
      return;
    }
    if (phase == Phase::over) ++cell.returns;
    cell.phase = Phase::pending;
    cell.begun_ms = begun_ms;
    cell.announced = 0;
    const std::int64_t seen_since = std::max((begun_ms - start) / sec, run_began_);
    cell.held = now_ - seen_since;
    if (phase == Phase::none) cell.well.assign(static_cast<std::size_t>(cell.held), false);
  }

  void input(const Input& input) {
    if (input.what == Input::What::windows) {
      windows_ = input.windows;
      active_ = active_now();
      announce_all();
      return;
    }
    if (input.what == Input::What::confirm) {
      unconfirmed_.erase(input.confirmed);
      return;
    }
    const fleet::Event& event = input.event;
    if (event.kind != fleet::Kind::registered && event.kind != fleet::Kind::removed) unconfirmed_.erase(event.nvr_id);
    fleet::apply(fleet_, event);
    if (event.kind == fleet::Kind::nvr_online) fleet_.at(event.nvr_id).last_seen = event.at;
    if (!fleet_.contains(event.nvr_id)) return;
    const fleet::Nvr& nvr = fleet_.at(event.nvr_id);
    if (event.kind == fleet::Kind::nvr_online) {
      cameras(nvr, event);
      nvr_rules(nvr, event);
      site_rules(nvr.site);
    } else {
      site_rules(nvr.site);
      nvr_rules(nvr, event);
      cameras(nvr, event);
    }
  }

  void site_rules(const std::string& site) {
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      if (rules_[i].level == Level::site) set({Level::site, 0, site, i}, is_down(rules_[i], site, false), now_ms());
    }
  }
  bool is_down(const Rule& rule, const std::string& site, bool without_planned) const {
    double down = 0;
    double total = 0;
    for (const auto& [id, nvr] : fleet_) {
      if (nvr.site != site || nvr.last_seen == 0 || !rule.filter.matches_nvr(site, nvr.hostname)) continue;
      ++total;
      if (!nvr.online && !(without_planned && planned(nvr, nullptr))) ++down;
    }
    return down > 0 && down >= rule.at_least && down / total + 1e-9 >= rule.share / 10'000.0;
  }

  void nvr_rules(const fleet::Nvr& nvr, const fleet::Event& event) {
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      if (rules_[i].level != Level::nvr || !rules_[i].filter.matches_nvr(nvr.site, nvr.hostname)) continue;
      const Place place{Level::nvr, nvr.id, "", i};
      if (rules_[i].when != When::conflict) set(place, !nvr.online && nvr.last_seen != 0, now_ms());
      if (rules_[i].when == When::conflict && event.kind == fleet::Kind::conflict) {
        set(place, true, now_ms());
        cells_.at(place).hold_left = 600;
      }
    }
  }

  void cameras(const fleet::Nvr& nvr, const fleet::Event& event) {
    if (event.kind == fleet::Kind::conflict || nvr.last_seen == 0) return;
    for (const fleet::Camera& camera : nvr.cameras) {
      for (std::size_t i = 0; i < rules_.size(); ++i) {
        const Rule& rule = rules_[i];
        if (rule.level != Level::camera || !rule.filter.matches_nvr(nvr.site, nvr.hostname) ||
            !rule.filter.matches_camera(camera.name)) {
          continue;
        }
        if (!nvr.online) { // only what no alert of the NVR covers is known
          bool covered = false;
          for (std::size_t k = 0; k < rules_.size(); ++k) {
            covered |= rules_[k].level == Level::nvr && rules_[k].when != When::conflict &&
                       rules_[k].filter.matches_nvr(nvr.site, nvr.hostname) && (masks_[i] & ~masks_[k]) == 0;
          }
          if (covered || rule.when == When::status) continue;
        }
        set({Level::camera, nvr.id, camera.name, i}, rule.holds_for_status(camera.status),
            camera.since == 0 ? now_ms() : camera.since);
      }
    }
  }

  /// Whether a window contains the whole NVR, or this camera of it.
  bool planned(const fleet::Nvr& nvr, const std::string* camera) const {
    for (const MaintenanceWindow& window : windows_) {
      const Scope& scope = window.filter;
      if (!window.is_active(now_ms()) || !scope.matches_nvr(nvr.site, nvr.hostname)) continue;
      if (!scope.cameras || (camera != nullptr && scope.matches_camera(*camera))) return true;
    }
    return false;
  }
  bool planned(const Place& place) const {
    const auto& [level, id, name, index] = place;
    if (level == Level::nvr) return planned(fleet_.at(id), nullptr);
    if (level == Level::camera) return planned(fleet_.at(id), &name);
    for (const MaintenanceWindow& window : windows_) {
      if (window.is_active(now_ms()) && !window.filter.hostnames && !window.filter.cameras &&
          window.filter.matches_site(name)) {
        return true;
      }
    }
    bool any = false;
    for (const auto& [nvr_id, nvr] : fleet_) {
      any |= nvr.site == name && !nvr.online && nvr.last_seen != 0 &&
             rules_[index].filter.matches_nvr(name, nvr.hostname) && planned(nvr, nullptr);
    }
    return any && !is_down(rules_[index], name, true);
  }

  /// The channels that have to be told now that the alert fires.
  ChannelMask receivers(const Place& place, const Cell& cell) const {
    if (planned(place)) return 0;
    ChannelMask told = mask_of(place) & ~cell.announced;
    const auto& [level, id, name, index] = place;
    for (const auto& [other, parent] : cells_) {
      const auto& [parent_level, parent_id, parent_name, parent_index] = other;
      const bool is_site = parent_level == Level::site && level != Level::site && parent_name == fleet_.at(id).site;
      const bool is_nvr = parent_level == Level::nvr && level == Level::camera && parent_id == id;
      if ((!is_site && !is_nvr) || parent.phase == Phase::over) continue;
      told &= ~(planned(other) ? parent.announced : mask_of(other));
    }
    return told;
  }
  void announce_all() {
    if (deferred_) return; // what an event says is one change
    for (auto& [place, cell] : cells_) {
      if (cell.phase != Phase::firing) continue;
      const ChannelMask told = receivers(place, cell);
      if (told == 0) continue;
      cell.announced |= told;
      put("announced", place, cell, told);
    }
  }
  std::vector<bool> active_now() const {
    std::vector<bool> active;
    for (const MaintenanceWindow& window : windows_)
      active.push_back(window.is_active(now_ms()));
    return active;
  }
  bool is_active_set_changed() {
    const std::vector<bool> active = active_now();
    return std::exchange(active_, active) != active;
  }

  void put(const char* change, const Place& place, const Cell& cell, ChannelMask told) {
    const auto& [level, id, name, index] = place;
    Outcome outcome{now_ms(), change, rules_[index].name, id, name, cell.begun_ms, told, cell.returns > 0, -1};
    if (cell.returns > 0) {
      std::int64_t bad = 0;
      const std::size_t from = cell.well.size() > 600 ? cell.well.size() - 600 : 0;
      for (std::size_t i = from; i < cell.well.size(); ++i)
        bad += cell.well[i] ? 0 : 1;
      outcome.share = std::llround((600.0 - static_cast<double>(bad)) / 600.0 * 1e6);
    }
    outcomes_.push_back(std::move(outcome));
  }

  std::int64_t now_ms() const { return start + now_ * sec; }

  const std::vector<Rule>& rules_;
  const std::vector<Input>& history_;
  std::vector<ChannelMask> masks_;
  std::map<Place, Cell> cells_;
  fleet::Fleet fleet_;
  std::vector<MaintenanceWindow> windows_;
  std::vector<bool> active_;
  std::set<fleet::NvrId> unconfirmed_;
  std::int64_t now_ = 0;
  std::int64_t run_began_ = 0;
  std::int64_t grace_ = 0;
  bool deferred_ = false;
  std::vector<Outcome> outcomes_;
};

} // namespace

std::string to_text(const Outcome& o) {
  return std::to_string((o.at_ms - start) / sec) + " " + o.change + " " + o.rule + " " + std::to_string(o.nvr_id) +
         "/" + o.name + " begun " + std::to_string((o.begun_ms - start) / sec) + " to " + std::to_string(o.announce) +
         (o.flapping ? " flapping " + std::to_string(o.share) : "");
}

std::vector<Outcome> model(const Configuration& configuration, const std::vector<Input>& history, std::int64_t until) {
  return Model(configuration, history).run(until);
}

} // namespace alerts_test
