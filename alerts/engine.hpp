#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "alerts/alert.hpp"
#include "alerts/maintenance.hpp"
#include "alerts/rule.hpp"
#include "fleet/event.hpp"

namespace nvrhub::alerts {

struct Configuration {
  std::vector<Rule> rules;           // at most max_rules
  std::vector<std::string> channels; // all that exist, unique; at most max_channels
};

/// A time in which the server observed nothing, and what follows it.
struct Restart {
  fleet::WallMillis from = 0;        // the end of the last run
  fleet::WallMillis to = 0;          // the begin of this one
  fleet::WallMillis grace_until = 0; // the end of the restart grace
};

/// Up to where an engine has decided. Written with its transitions.
struct Position {
  fleet::Seq seq = 0; // of the last event
  fleet::WallMillis now = 0;
  fleet::WallMillis unobserved = 0; // sum of all times in which nothing was observed
  fleet::WallMillis run_began = 0;  // observed without a gap since then

  friend bool operator==(const Position&, const Position&) = default;
};

/// What is stored of an engine: everything but the state of the fleet, which the store has. There is one record per
/// rule and subject: the last alert in Transition::alert that was not erased.
struct Snapshot {
  Position position;
  std::vector<Alert> alerts;

  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

/// Decides when alerts fire, who is told and when they resolve (shared by one evaluator;
/// docs/internals/decisions/0036). It has no thread, clock, or I/O: it sees committed events in order of `seq` and
/// server time, and what it decides is a list of transitions that the caller writes to the store before anyone sees
/// them.
///
///   Engine engine;
///   engine.restore(stored, configuration, windows, each_nvr);   // the fleet as of stored.seq
///   engine.apply(event, nvr_after);                             // each event after it, in order
///   engine.advance(now);                                        // at next_deadline(), with the server time
///   write(engine.take_transitions(), engine.position());        // in one transaction
///
/// DETERMINISM: the transitions depend on the calls and their order, except that advance() may be called or left out at
/// any time that is before that of the next event. Events of the same millisecond are applied before what is due then.
/// An engine restored from what was written continues as if it had never stopped: it derives again, with the same ids,
/// what was decided and not written. An NVR counts from its first online on: before that, nothing was observed of it or
/// its cameras. Times are those of events and deadlines, not those of calls. A change of rules, windows or an
/// acknowledgement is written in the same transaction as the transitions that it causes, or it is applied again after a
/// restart.
///
/// COST: apply() is linear in what the event changed, times the rules. Rules, windows and restarts cost a pass over the
/// fleet or the alerts. Memory: about 90 bytes per NVR and 300 to 400 per alert; no camera has a
/// record unless a condition holds or held within the last hour. At most `max_alerts`: further ones are not made and
/// counted.
/// THREADS: one at a time. ERRORS: none; an event of an unknown NVR has no effect.
class Engine {
public:
  /// The NVR as the event left it, with its cameras. Called at most once per event, and only for events of kind
  /// nvr_online and nvr_offline; `registered` carries it. Nothing: only what the event itself names is evaluated.
  using NvrAfter = std::function<std::optional<fleet::Nvr>()>;
  /// Calls the function for every NVR of the fleet.
  using EachNvr = std::function<void(const std::function<void(const fleet::Nvr&)>&)>;

  static constexpr std::size_t default_max_alerts = 1'000'000;
  explicit Engine(std::size_t max_alerts = default_max_alerts) : max_alerts_(max_alerts) {}
  Engine(const Engine&) = delete; // the maps point into each other
  Engine& operator=(const Engine&) = delete;

  /// Replaces the state. `each_nvr` visits the fleet as of `snapshot.position.seq`; its cameras are not read.
  void restore(Snapshot snapshot, Configuration configuration, std::vector<MaintenanceWindow> windows,
               const EachNvr& each_nvr);
  Snapshot snapshot() const;
  const Position& position() const { return position_; }

  /// Replaces all rules and channels. Alerts continue under a rule of the same name, level and condition; others end.
  /// A condition of a new rule begins `at`: the time before was not watched. REQUIRES: names are unique, limits hold.
  void configure(Configuration configuration, fleet::WallMillis at, const EachNvr& each_nvr);
  void set_maintenance(std::vector<MaintenanceWindow> windows, fleet::WallMillis at);

  /// REQUIRES: event.seq is larger than that of the event before.
  void apply(const fleet::Event& event, const NvrAfter& nvr_after);
  void advance(fleet::WallMillis now);
  /// The server was not running, or its clock leaped: that time counts for no condition. NVRs that are online are
  /// unconfirmed from `to` until an event of theirs, confirmed() or the end of the grace: for them and their cameras
  /// that time does not count either.
  void restarted(const Restart& restart);
  /// The same without a restart: the process was frozen.
  void unobserved(fleet::WallMillis from, fleet::WallMillis to);
  /// The NVR is back without an event: its auth changed nothing.
  void confirmed(fleet::NvrId nvr_id, fleet::WallMillis at);

  /// False: no such alert fires or is pending. A second one replaces the first.
  bool acknowledge(std::string_view rule, const Subject& subject, AlertId id, Acknowledgement acknowledgement);

  /// Linear in the number of alerts. Null: there is none with this id.
  const Alert* find(AlertId id) const;
  std::string_view site_of(const Alert& alert) const;

  /// When advance() has something to do.
  std::optional<fleet::WallMillis> next_deadline() const;
  /// What was decided since the last call, in order.
  std::vector<Transition> take_transitions() { return std::exchange(transitions_, {}); }

  const std::vector<std::string>& channels() const { return configuration_.channels; }
  std::size_t alerts() const { return alerts_.size(); }
  std::uint64_t not_made() const { return not_made_; } // alerts over the limit

private:
  struct Key {
    fleet::NvrId nvr_id = 0; // 0: a site
    std::string name;
    std::uint16_t rule = 0;
    /// An NVR's own alerts stand before those of its cameras.
    bool operator<(const Key& other) const {
      return std::tie(nvr_id, name, rule) < std::tie(other.nvr_id, other.name, other.rule);
    }
  };
  using Alerts = std::map<Key, Alert>;

  struct Site {
    struct Count {
      std::uint32_t total = 0, down = 0;
    };
    std::vector<Count> counts; // by rule; only those of site rules are used
    std::set<fleet::NvrId> down;
    std::set<fleet::NvrId> with_alerts;
    std::uint32_t nvrs = 0;
  };
  using Sites = std::map<std::string, Site>;

  struct Nvr {
    Sites::iterator site;
    std::string hostname;
    bool online = false;
    bool seen = false;                       // it was online at some time
    fleet::WallMillis unconfirmed_until = 0; // 0: confirmed
  };
  static bool was_seen(const fleet::Nvr& nvr) { return nvr.online || nvr.last_seen != 0; }
  using Nvrs = std::unordered_map<fleet::NvrId, Nvr>;

  struct Timer {
    ObservedMillis due = 0;
    Level level = Level::nvr;
    AlertId id = 0;
    Alert* alert = nullptr;
    bool operator<(const Timer& other) const {
      return std::tie(due, level, id, alert) < std::tie(other.due, other.level, other.id, other.alert);
    }
  };

  using Reason = std::pair<AlertId, std::string>; // inhibited_by and maintenance

  struct Decision {
    ChannelMask announce = 0;
    Silence silence = Silence::none;
    AlertId inhibited_by = 0;
    std::string maintenance;

    bool has_reason() const { return inhibited_by != 0 || !maintenance.empty(); }
    Reason reason() const { return {inhibited_by, maintenance}; }
  };

  // engine.cpp
  void move_to(fleet::WallMillis time);
  void add_gap(fleet::WallMillis from, fleet::WallMillis to);
  ObservedMillis observed(fleet::WallMillis time) const {
    return std::max(time, position_.run_began) - position_.unobserved;
  }
  fleet::WallMillis wall(ObservedMillis time) const { return time + position_.unobserved; }
  void confirm(fleet::NvrId id, Nvr& nvr, fleet::WallMillis at);
  void assume_unconfirmed(fleet::WallMillis from, fleet::WallMillis to, fleet::WallMillis grace_until);
  bool update_windows(fleet::WallMillis at);

  // configure.cpp
  void set_configuration(Configuration configuration);
  void add_nvr(const fleet::Nvr& nvr);
  Alert& place(Alert alert);
  void carry_over(Configuration former, fleet::WallMillis at);

  // evaluate.cpp: events to conditions
  void nvr_online(const fleet::Event& event, const NvrAfter& nvr_after);
  void nvr_offline(const fleet::Event& event, const NvrAfter& nvr_after);
  void registered(const fleet::Event& event);
  void removed(const fleet::Event& event);
  void conflict(const fleet::Event& event);
  void evaluate_nvr(fleet::NvrId id, fleet::WallMillis at);
  void evaluate_cameras(const fleet::Nvr& view, fleet::WallMillis at, bool since_now);
  void evaluate_camera(fleet::NvrId id, const Nvr& nvr, std::string_view name, const fleet::Status& status,
                       fleet::WallMillis begun, fleet::WallMillis at);
  void end_cameras(fleet::NvrId id, fleet::WallMillis at);
  void evaluate_site(Sites::iterator site, fleet::WallMillis at);
  void count_nvr(fleet::NvrId id, const Nvr& nvr, bool add);
  void release_site(Sites::iterator site);
  bool is_covered(std::uint16_t camera_rule, const Nvr& nvr) const;
  bool has_uncovered_rule(const Nvr& nvr) const;

  // conditions.cpp: conditions to alerts
  void set_condition(const Key& key, bool holds, fleet::WallMillis begun, fleet::WallMillis at,
                     ObservedMillis hold_until = never);
  void begin(Alert& alert, fleet::WallMillis begun, fleet::WallMillis at);
  void relapse(Alert& alert, fleet::WallMillis at);
  void end(Alert& alert, fleet::WallMillis at);
  void retire(Alerts::iterator alert, fleet::WallMillis at);
  void erase(Alerts::iterator alert);
  Alerts::iterator first_of(fleet::NvrId id) { return alerts_.lower_bound(Key{id, {}, 0}); }

  // lifecycle.cpp: time to alerts
  void run_timers(fleet::WallMillis until, bool inclusive);
  void run(Alert& alert, ObservedMillis due);
  void expire(Alert& alert, fleet::WallMillis at);
  void fire(Alert& alert, fleet::WallMillis at);
  void remind(Alert& alert, fleet::WallMillis at);
  void resolve(Alert& alert, fleet::WallMillis at);
  ObservedMillis due_of(const Alert& alert) const;
  void schedule(Alert& alert);
  void unschedule(const Alert& alert);
  void shift(Alert& alert, fleet::WallMillis by);

  // silence.cpp: who is told
  Decision decide(const Alert& alert) const;
  void find_inhibitors(const Alert& alert, ChannelMask wanted, Decision& decision) const;
  std::string maintenance_of(const Alert& alert) const;
  std::string maintenance_of_site(const Alert& alert) const;
  const MaintenanceWindow* window_of(std::string_view site, std::string_view hostname) const;
  void announce(Alert& alert, const Decision& decision, fleet::WallMillis at);
  void reconsider(Alert& alert, fleet::WallMillis at);
  void reconsider_children(fleet::WallMillis at);
  void reconsider_all(fleet::WallMillis at);
  Transition& emit(Change change, const Alert& alert, fleet::WallMillis at);

  const Rule& rule_of(const Alert& alert) const { return configuration_.rules[alert.rule]; }
  static Key key_of(const Alert& alert) { return {alert.subject.nvr_id, alert.subject.name, alert.rule}; }

  std::size_t max_alerts_;
  Configuration configuration_;
  std::vector<ChannelMask> notified_; // by rule
  std::vector<MaintenanceWindow> windows_;
  std::vector<const MaintenanceWindow*> active_windows_;
  std::optional<fleet::WallMillis> maintenance_change_;
  Alerts alerts_;
  Sites sites_;
  Nvrs nvrs_;
  std::set<Timer> timers_;
  std::vector<Transition> transitions_;
  inline static const Reason unknown_reason{~AlertId{0}, {}};
  std::unordered_map<AlertId, Reason> reasons_; // of firing alerts, as their records say; none: no reason
  std::vector<Subject> ended_parents_;          // of alerts that inhibit no longer; empty between calls
  Position position_;
  std::uint64_t not_made_ = 0;
};

} // namespace nvrhub::alerts
