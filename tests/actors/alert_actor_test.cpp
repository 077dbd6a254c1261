// The alert actor with the store actor: what it makes durable, and how it starts again.
#include <deque>

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include <caf/send.hpp>

#include "actors/alerts/alert_actor.hpp"
#include "actors/alerts/alert_records.hpp"
#include "actors/support/world.hpp"
#include "protocol/encode/alerts.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;
using nvrhub::test::good;

namespace {

using Json = nlohmann::json;

alerts::Rule offline_rule(fleet::WallMillis hold_for = 120'000) {
  alerts::Rule rule;
  rule.name = "down";
  rule.level = alerts::Level::nvr;
  rule.hold_for = hold_for;
  rule.severity = alerts::Severity::critical;
  return rule;
}

/// A World with an alert actor whose only rule is offline_rule().
class Alerting {
public:
  explicit Alerting(Setup setup = {}, std::vector<alerts::Rule> rules = {offline_rule()}) : world(std::move(setup)) {
    good(world.data().record_liveness({.now = world.machine().wall, .begins_run = true, .seen = {}}));
    AlertOptions options;
    notify::Channel mail;
    mail.name = "mail";
    mail.settings = notify::Webhook{};
    options.channels = {mail};
    options.send = [this](notify::Request request, notify::Client::Callback callback) {
      sent.push_back(std::move(request.body));
      callbacks.push_back(std::move(callback));
    };
    options.first_rules = std::move(rules);
    actor = world.system().spawn(actors::alert, world.shared, std::shared_ptr<const store::Store>(world.machine().data),
                                 world.store, options);
    world.run();
  }
  ~Alerting() {
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    world.run();
  }

  /// "fired down A", from the log, since the last call.
  std::vector<std::string> transitions() {
    std::vector<std::string> lines;
    for (const fleet::Event& event : nvrhub::test::events_in(world.data())) {
      if (event.kind != fleet::Kind::alert || event.seq <= seen_) continue;
      seen_ = event.seq;
      const Json alert = Json::parse(event.detail);
      CHECK(alert.value("hostname", "") == event.hostname);
      lines.push_back(alert["change"].get<std::string>() + " " + alert["rule"].get<std::string>() + " " +
                      event.hostname);
    }
    return lines;
  }
  /// The stored alert of the NVR, as clients see it; null: none.
  Json stored(fleet::NvrId id, const std::string& rule = "down") const {
    const store::Snapshot snapshot = good(world_data().snapshot());
    const auto bytes = good(snapshot.alert(alert_key::alert(rule, {id, ""})));
    return bytes ? Json::parse(json_of_stored_alert(*bytes).value()) : Json();
  }
  std::vector<AlertsResult> change(ChangeAlerts::Change change) {
    auto results = std::make_shared<std::vector<AlertsResult>>();
    caf::anon_send(actor, ChangeAlerts{std::make_shared<const ChangeAlerts::Change>(std::move(change)),
                                       std::make_shared<const std::function<void(AlertsResult)>>(
                                           [results](AlertsResult result) { results->push_back(result); })});
    world.run();
    return *results;
  }
  void online(const std::string& hostname) {
    socket = world.auth(hostname, report({{"c1", "online"}}));
    world.run();
  }
  void offline() {
    world.close(*socket);
    world.run();
  }
  /// Moves the time in steps of a second: a timer that is later than that means to the actor that the process was
  /// stopped.
  void pass(std::chrono::milliseconds time) {
    for (; time > 1s; time -= 1s)
      world.pass(1s);
    world.pass(time);
  }

  /// Answers the oldest request.
  void answer(bool delivered) {
    const auto callback = std::move(callbacks.front());
    callbacks.pop_front();
    notify::Outcome outcome;
    outcome.delivered = delivered;
    outcome.error = delivered ? "" : "refused";
    callback(outcome);
    world.run();
  }

  std::vector<std::string> sent; // bodies
  std::deque<notify::Client::Callback> callbacks;
  World world;
  AlertActor actor;
  SocketPtr socket;

private:
  store::Store& world_data() const { return *const_cast<World&>(world).machine().data; }
  fleet::Seq seen_ = 0;
};

using Lines = std::vector<std::string>;

} // namespace

TEST_CASE("alert actor: an NVR that stays offline fires and resolves; both are events, and the alert is stored") {
  Alerting a;
  a.world.register_nvr("A", {"c1"});
  a.pass(1s);
  CHECK(a.stored(1).is_null()); // it was never online
  a.online("A");
  a.offline();
  CHECK(a.stored(1)["state"] == "pending");
  a.pass(119s);
  CHECK(a.transitions().empty());
  a.pass(2s);
  CHECK(a.transitions() == Lines{"fired down A"});
  const Json fired = a.stored(1);
  CHECK(fired["state"] == "firing");
  CHECK(fired["notified"] == Json{"mail"});
  CHECK(fired["severity"] == "critical");

  a.online("A");
  a.pass(61s);
  CHECK(a.transitions() == Lines{"resolved down A"});
  CHECK(a.stored(1)["state"] == "resolved");
  CHECK(a.stored(1)["id"] == fired["id"]);
  for (int i = 0; i < 3; ++i)
    a.pass(1h); // also writes the position
  CHECK(a.stored(1).is_null());
  CHECK(a.world.is_clean());
}

TEST_CASE("alert actor: a deadline waits for the events that are about to be committed") {
  Alerting a;
  a.world.register_nvr("A", {"c1"});
  a.online("A");
  a.offline();
  a.pass(121s);
  CHECK(a.transitions() == Lines{"fired down A"});
  a.online("A");
  a.pass(59s);
  a.world.close(*a.socket); // before it has been well for a minute
  a.world.run_but_store();
  a.world.advance(2s);
  a.world.run_but_store();
  a.world.run();
  CHECK(a.transitions().empty());
  CHECK(a.stored(1)["state"] == "firing");
  CHECK(a.world.is_clean());
}

TEST_CASE("alert actor: events that arrive after a deadline was decided have later times") {
  Alerting a;
  a.world.register_nvr("A", {"c1"});
  a.online("A");
  a.offline();
  a.pass(119s);
  a.world.advance(1s);
  a.world.run();
  CHECK(a.transitions() == Lines{"fired down A"});
  a.online("A"); // in the same millisecond
  const auto events = nvrhub::test::events_in(a.world.data());
  CHECK(events.back().kind == fleet::Kind::nvr_online);
  CHECK(events.back().at == a.world.machine().wall + 1);
}

TEST_CASE("alert actor: time that the server's clock skips counts for no condition") {
  Alerting a;
  a.world.register_nvr("A", {"c1"});
  a.online("A");
  a.offline();
  a.pass(60s);
  a.world.machine().wall += 86'400'000;
  a.pass(59s);
  CHECK(a.transitions().empty());
  a.pass(2s);
  CHECK(a.transitions() == Lines{"fired down A"});
}

TEST_CASE("alert actor: what did not last makes no event") {
  Alerting a;
  a.world.register_nvr("A", {"c1"});
  for (int i = 0; i < 3; ++i) {
    a.online("A");
    a.offline();
    a.pass(60s);
  }
  a.online("A");
  a.pass(10min);
  CHECK(a.transitions().empty());
  CHECK(a.world.is_clean());
}

TEST_CASE("alert actor: rules are answered when they are durable, and an alert of a rule that is gone resolves") {
  Alerting a;
  a.world.register_nvr("A", {"c1"});
  a.online("A");
  a.offline();
  a.pass(3min);
  CHECK(a.transitions() == Lines{"fired down A"});
  auto other = offline_rule();
  other.name = "gone";
  a.world.faults().failing_commits = 1;
  auto results = std::make_shared<int>(0);
  caf::anon_send(a.actor, ChangeAlerts{std::make_shared<const ChangeAlerts::Change>(SetRules{{other}}),
                                       std::make_shared<const std::function<void(AlertsResult)>>(
                                           [results](AlertsResult result) { *results += result ? 1 : 100; })});
  a.world.run();
  CHECK(*results == 0); // its commit failed
  a.pass(1s);
  CHECK(*results == 1);
  CHECK(a.transitions() == Lines{"resolved down A"});
  CHECK(good(good(a.world.data().snapshot()).alert(alert_key::rules)) ==
        protocol::encode_alert_rules(std::vector{other}));
  a.pass(3min);
  CHECK(a.transitions() == Lines{"fired gone A"});
}

TEST_CASE("alert actor: maintenance windows that are over make room for others") {
  Alerting a;
  const fleet::WallMillis now = a.world.machine().wall;
  const auto put = [&](std::size_t number, fleet::WallMillis to) {
    return a.change(PutWindow{{"w" + std::to_string(number), "works", {}, alerts::Once{now, to}}}).at(0);
  };
  REQUIRE(put(0, now + 1'000).has_value());
  for (std::size_t i = 1; i < alerts::max_windows; ++i)
    REQUIRE(put(i, now + 3'600'000).has_value());
  CHECK(put(1'000, now + 3'600'000).error() == AlertsError::too_many);
  a.pass(2s);
  CHECK(put(1'000, now + 3'600'000).has_value());
  std::size_t stored = 0;
  good(good(a.world.data().snapshot()).each_alert(alert_key::windows, [&](std::string_view, std::string&&) {
    ++stored;
  }));
  CHECK(stored == alerts::max_windows);
}

TEST_CASE("alert actor: acknowledgements and maintenance windows") {
  Alerting a;
  a.world.register_nvr("A", {"c1"});
  a.online("A");
  alerts::MaintenanceWindow window{
      "w1", "works", {}, alerts::Once{a.world.machine().wall, a.world.machine().wall + 3'600'000}};
  CHECK(a.change(PutWindow{window}).at(0).has_value());
  a.offline();
  a.pass(3min);
  CHECK(a.transitions() == Lines{"fired down A"});
  Json alert = a.stored(1);
  CHECK(alert["maintenance"] == "w1");
  CHECK(alert["notified"].empty());
  CHECK(a.change(EndWindow{"w2"}).at(0).error() == AlertsError::not_found);
  CHECK(a.change(EndWindow{"w1", Sites{{"North"}}}).at(0).error() == AlertsError::not_found);
  CHECK(a.change(EndWindow{"w1"}).at(0).has_value());
  CHECK(a.transitions() == Lines{"announced down A"});

  const auto id = protocol::decode_alert_id(a.stored(1)["id"].get<std::string>()).value();
  CHECK(a.change(Acknowledge{id + 1, "ada", ""}).at(0).error() == AlertsError::not_found);
  CHECK(a.change(Acknowledge{id, "ada", "", Sites{{"North"}}}).at(0).error() == AlertsError::not_found);
  CHECK(a.change(Acknowledge{id, "ada", "on it"}).at(0).has_value());
  CHECK(a.transitions() == Lines{"acknowledged down A"});
  CHECK(a.stored(1)["acknowledged"]["note"] == "on it");
}

TEST_CASE(
    "alert actor: a message is sent once its group is complete, and again with the same id until it is delivered") {
  Setup setup;
  std::string body;
  {
    Alerting a(setup);
    for (const char* hostname : {"A", "B"}) {
      a.world.register_nvr(hostname, {"c1"});
      a.online(hostname);
      a.offline();
    }
    a.pass(2min);
    CHECK(a.sent.empty());
    a.pass(11s);
    REQUIRE(a.sent.size() == 1);
    body = a.sent[0];
    const Json message = Json::parse(body);
    CHECK(message["data"]["alerts"].size() == 2);
    a.answer(false);
    CHECK(a.sent.size() == 1);
    a.pass(2s);
    REQUIRE(a.sent.size() == 2);
    CHECK(a.sent[1] == body);
  } // killed before the answer
  {
    Alerting a(setup);
    a.pass(1s);
    REQUIRE(a.sent.size() == 1);
    CHECK(a.sent[0] == body);
    a.answer(true);
  }
  Alerting a(setup);
  a.pass(1min);
  CHECK(a.sent.empty());
  a.online("A");
  a.pass(61s);
  a.pass(11s);
  REQUIRE(a.sent.size() == 1);
  CHECK(Json::parse(a.sent[0])["data"]["alerts"][0]["state"] == "resolved");
  a.answer(true);
  CHECK(a.world.is_clean());
}

TEST_CASE("alert actor: a restart at any moment continues with the same alerts, rules and windows") {
  // How much passes between the offline of the NVR and the end of the process.
  const auto before = GENERATE(0s, 1s, 119s, 121s);
  const bool with_event_unseen = GENERATE(false, true);
  const auto machine = std::make_shared<Machine>();
  std::string id;
  Setup setup;
  setup.machine = machine;
  setup.settings.restart_grace = 30s;
  {
    Alerting a(setup, {offline_rule(), [] {
                         auto other = offline_rule(300'000);
                         other.name = "long";
                         return other;
                       }()});
    a.world.register_nvr("A", {"c1"});
    a.online("A");
    if (with_event_unseen)
      caf::anon_send_exit(a.actor, caf::exit_reason::kill); // the offline is not seen before the end
    a.world.run();
    a.offline();
    a.pass(before);
    if (!with_event_unseen) id = a.stored(1)["id"];
    good(machine->data->record_liveness({.now = machine->wall, .seen = {}}));
  }
  machine->wall += 3'600'000; // nobody watched: it counts for no rule
  Alerting a(setup, {});
  CHECK(a.world.is_clean());
  a.pass(std::chrono::milliseconds(120s - std::min<std::chrono::seconds>(before, 119s)) + 1s);
  CHECK(a.stored(1)["state"] == "firing");
  if (!id.empty()) CHECK(a.stored(1)["id"] == id);
  CHECK(a.stored(1, "long")["state"] == "pending");
  a.pass(3min);
  CHECK(a.stored(1, "long")["state"] == "firing");
  std::size_t fired = 0;
  for (const std::string& line : a.transitions())
    fired += line == "fired down A" ? 1 : 0;
  CHECK(fired == 1);
  CHECK(a.world.is_clean());
}
