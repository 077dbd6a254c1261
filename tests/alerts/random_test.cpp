#include <iostream>
#include <random>

#include "alerts/support/harness.hpp"
#include "alerts/support/model.hpp"

using namespace alerts_test;

namespace {

class History {
public:
  explicit History(std::uint32_t seed) : random_(seed) {
    configuration_ = {rules(), {"mail", "pager"}};
    durable_.position = {0, start, 0, start};
    engine_ = std::make_unique<Engine>();
    engine_->restore(durable_.snapshot(), configuration_, {}, Harness::each_of(fleet_));
    records_ = durable_;
  }

  /// One step of the history. Before time passes, the engine must have decided what the model says.
  void step() {
    const std::int64_t passed = pick({0, 1, 1, 5, 20, 60, 60, 150, 400, 1'500});
    if (passed > 0) {
      engine_->advance(start + now_ * sec);
      collect();
      if (chance(30)) write();
      if (chance(8)) compare(); // it costs as much as all seconds so far
      now_ += passed;
      if (chance(50)) engine_->advance(start + now_ * sec - 1); // the model does not know when the clock was read
    }
    if (seq_ < 4) {
      registered(static_cast<fleet::NvrId>(seq_ + 1));
    } else if (chance(4)) {
      maintenance();
    } else if (chance(6)) {
      restart();
    } else if (chance(5)) {
      crash();
    } else {
      event();
    }
    collect();
  }

  std::size_t outcomes() const { return outcomes_.size(); }

  void finish() {
    engine_->advance(start + now_ * sec);
    collect();
    compare();
  }

private:
  void compare() {
    std::vector<Outcome> mine = outcomes_;
    std::sort(mine.begin(), mine.end());
    const std::vector<Outcome> expected = model(configuration_, inputs_, now_);
    if (mine == expected) return;
    std::string report = "at " + std::to_string(now_) + " s\n";
    std::vector<Outcome> missing;
    std::vector<Outcome> extra;
    std::set_difference(expected.begin(), expected.end(), mine.begin(), mine.end(), std::back_inserter(missing));
    std::set_difference(mine.begin(), mine.end(), expected.begin(), expected.end(), std::back_inserter(extra));
    for (const Outcome& each : missing)
      report += "model:  " + to_text(each) + "\n";
    for (const Outcome& each : extra)
      report += "engine: " + to_text(each) + "\n";
    for (const Input& input : inputs_)
      report += describe(input) + "\n";
    for (const Rule& each : configuration_.rules)
      report += each.name + " for " + std::to_string(each.hold_for / sec) + "\n";
    FAIL(report);
  }

  bool chance(int percent) { return std::uniform_int_distribution<int>(0, 99)(random_) < percent; }
  template <class T>
  T pick(const std::vector<T>& values) {
    return values[std::uniform_int_distribution<std::size_t>(0, values.size() - 1)(random_)];
  }
  std::int64_t pick(std::initializer_list<std::int64_t> values) { return pick(std::vector<std::int64_t>(values)); }

  std::vector<Rule> rules() {
    std::vector<Rule> made;
    const auto add = [&](Rule each) {
      if (chance(20)) return;
      each.hold_for = pick({0, 10, 60, 120, 300}) * sec;
      each.keep = pick({1, 30, 60, 1'200}) * sec;
      if (chance(40)) each.notify = {{"mail"}};
      if (chance(10)) each.notify = {std::vector<std::string>{}};
      if (chance(20)) each.filter.hostnames = {{"n1", "n2", "n3"}};
      if (chance(10)) each.filter.sites = {{"A"}};
      if (each.level == Level::camera && chance(20)) each.filter.cameras = {{"G*"}};
      made.push_back(std::move(each));
    };
    add(rule("cam", Level::camera, When::not_online, 0));
    add(rule("cam-off", Level::camera, When::offline, 0));
    Rule lost = rule("lost", Level::camera, When::status, 0);
    lost.statuses = {status("video_loss"), status("tamper")};
    add(lost);
    add(rule("down", Level::nvr, When::offline, 0));
    add(rule("down-2", Level::nvr, When::not_online, 0));
    add(rule("fight", Level::nvr, When::conflict, 0));
    Rule site = rule("site", Level::site, When::offline, 0);
    site.share = chance(50) ? 5'000 : 3'333;
    site.at_least = chance(50) ? 2 : 1;
    add(site);
    return made;
  }

  void registered(fleet::NvrId id) {
    fleet::Event event = made(fleet::Kind::registered, id);
    fleet::Nvr nvr;
    nvr.id = id;
    nvr.hostname = event.hostname = "n" + std::to_string(id);
    nvr.site = event.site = id == 4 ? "B" : "A";
    nvr.add("Gate", "");
    nvr.add("Yard", "");
    event.nvr = nvr;
    apply(event);
  }

  void event() {
    const auto id = static_cast<fleet::NvrId>(pick({1, 2, 3, 4}));
    const fleet::Nvr& nvr = fleet_.at(id);
    if (chance(5)) return apply(made(fleet::Kind::conflict, id));
    if (nvr.online && chance(50)) return apply(made(fleet::Kind::nvr_offline, id));
    fleet::Event event = made(nvr.online ? fleet::Kind::cameras : fleet::Kind::nvr_online, id);
    for (const char* camera : {"Gate", "Yard"}) {
      const fleet::Status now =
          status(pick(std::vector<std::string>{"online", "online", "online", "offline", "video_loss", "tamper"}));
      if (chance(70) && !(now == nvr.find(camera)->status)) event.cameras.push_back({camera, now});
    }
    if (!nvr.online || !event.cameras.empty()) apply(event);
  }

  fleet::Event made(fleet::Kind kind, fleet::NvrId id) {
    fleet::Event event;
    event.seq = ++seq_;
    event.at = start + now_ * sec;
    event.kind = kind;
    event.nvr_id = id;
    if (fleet_.contains(id)) {
      event.hostname = fleet_.at(id).hostname;
      event.site = fleet_.at(id).site;
    }
    return event;
  }

  void apply(fleet::Event event) {
    apply_to_fleet(event);
    event.after = fleet::summary_of(fleet_.at(event.nvr_id));
    input(Input::What::event).event = event;
    since_write_.push_back(event);
    engine_->apply(event, [&] { return std::optional(fleet_.at(event.nvr_id)); });
  }

  void maintenance() {
    std::vector<MaintenanceWindow> windows;
    while (chance(60)) {
      const std::int64_t from = now_ + pick({-100, 0, 60, 300});
      MaintenanceWindow window{"w" + std::to_string(windows.size()),
                               "",
                               {},
                               Once{start + from * sec, start + (from + pick({50, 200, 1'000, 4'000})) * sec}};
      if (chance(40))
        window.filter.hostnames = {pick(std::vector<std::vector<std::string>>{{"n1"}, {"n1", "n2"}, {"n4"}})};
      if (chance(20)) window.filter.sites = {{"A"}};
      if (chance(20)) window.filter.cameras = {{"Y*"}};
      windows.push_back(window);
    }
    input(Input::What::windows).windows = windows;
    windows_ = windows;
    engine_->set_maintenance(std::move(windows), start + now_ * sec);
    collect();
    write(); // in the transaction that stores the windows
  }

  /// The server stops and runs again later. All that it decided is written.
  void restart() {
    collect();
    write();
    const std::int64_t to = now_ + pick({0, 1, 30, 500, 4'000});
    const std::int64_t grace = pick({0, 60, 90});
    Input& gap = input(Input::What::gap);
    gap.down_until = to;
    gap.grace = grace;
    reload();
    engine_->restarted({start + now_ * sec, start + to * sec, start + (to + grace) * sec});
    now_ = to;
    collect();
    write();
    if (grace == 0 || !chance(50)) return;
    now_ += pick({0, 5, 59});
    const auto id = static_cast<fleet::NvrId>(pick({1, 2, 3, 4}));
    input(Input::What::confirm).confirmed = id;
    engine_->confirmed(id, start + now_ * sec);
    collect();
    write();
  }

  /// The engine is lost with what it had not written, and another one derives it again: no time passes.
  void crash() {
    engine_->advance(start + now_ * sec - 1);
    collect();
    const Snapshot lost = engine_->snapshot();
    const std::vector<Outcome> all = outcomes_;
    outcomes_ = written_outcomes_;
    records_ = durable_;
    reload();
    for (const fleet::Event& event : since_write_) {
      apply_to_fleet(event);
      engine_->apply(event, [&] { return std::optional(fleet_.at(event.nvr_id)); });
    }
    engine_->advance(start + now_ * sec - 1);
    collect();
    std::vector<Outcome> again = outcomes_;
    CHECK((again == all));
    CHECK(to_text(engine_->snapshot()) == to_text(lost)); // ids included // ids included
  }

  void reload() {
    fleet_ = durable_.fleet;
    engine_ = std::make_unique<Engine>();
    engine_->restore(durable_.snapshot(), configuration_, windows_, Harness::each_of(fleet_));
    CHECK(to_text(engine_->snapshot()) == to_text(durable_.snapshot()));
  }

  void write() {
    durable_ = records_;
    durable_.position = engine_->position();
    durable_.fleet = fleet_;
    written_outcomes_ = outcomes_;
    since_write_.clear();
  }

  void collect() {
    for (const Transition& t : engine_->take_transitions()) {
      const auto key = std::tuple(t.rule, t.alert.subject.nvr_id, t.alert.subject.name);
      if (t.erased) {
        records_.alerts.erase(key);
      } else {
        records_.alerts[key] = t.alert;
      }
      if (!is_logged(t.change)) continue;
      outcomes_.push_back({t.at, std::string(to_string(t.change)), t.rule, t.alert.subject.nvr_id, t.alert.subject.name,
                           t.alert.begun, t.announce, t.alert.is_flapping(),
                           t.well_share ? std::llround(*t.well_share * 1e6) : -1});
    }
  }

  void apply_to_fleet(const fleet::Event& event) {
    fleet::apply(fleet_, event);
    if (event.kind == fleet::Kind::nvr_online) fleet_.at(event.nvr_id).last_seen = event.at;
  }

  Input& input(Input::What what) {
    Input& added = inputs_.emplace_back();
    added.at = now_;
    added.what = what;
    return added;
  }

  static std::string describe(const Input& input) {
    std::string text = std::to_string(input.at) + " ";
    if (input.what == Input::What::gap)
      return text + "down until " + std::to_string(input.down_until) + " grace " + std::to_string(input.grace);
    if (input.what == Input::What::confirm) return text + "confirmed " + std::to_string(input.confirmed);
    if (input.what == Input::What::windows) {
      text += "windows";
      for (const MaintenanceWindow& window : input.windows) {
        const Once& once = std::get<Once>(window.times);
        text += " " + std::to_string((once.from - start) / sec) + "-" + std::to_string((once.to - start) / sec);
      }
      return text;
    }
    const fleet::Event& event = input.event;
    text += std::string(fleet::to_string(event.kind)) + " " + std::to_string(event.nvr_id);
    for (const fleet::CameraChange& change : event.cameras)
      text += " " + change.name + "=" + std::string(change.status.text());
    return text;
  }

  std::mt19937 random_;
  Configuration configuration_;
  std::unique_ptr<Engine> engine_;
  fleet::Fleet fleet_;
  std::vector<MaintenanceWindow> windows_;
  std::vector<Input> inputs_;
  std::vector<fleet::Event> since_write_;
  Stored records_, durable_;
  std::vector<Outcome> outcomes_, written_outcomes_;
  std::int64_t now_ = 0;
  fleet::Seq seq_ = 0;
};

} // namespace

TEST_CASE("over random histories with restarts the engine decides what the model says") {
  const auto seed = static_cast<std::uint32_t>(Catch::rngSeed());
  std::cout << "random histories of alerts: --rng-seed " << seed << "\n";
  std::size_t outcomes = 0;
  for (std::uint32_t i = 0; i < 30; ++i) {
    INFO("--rng-seed " << seed << ", history " << i);
    History history(seed + i * 7'919);
    for (int step = 0; step < 80; ++step)
      history.step();
    history.finish();
    outcomes += history.outcomes();
  }
  CHECK(outcomes > 500);
}
