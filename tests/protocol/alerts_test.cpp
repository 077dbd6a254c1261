#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "alerts/zone_files.hpp"
#include "protocol/decode/alerts.hpp"
#include "protocol/encode/alerts.hpp"

using namespace nvrhub;
using namespace nvrhub::protocol;

namespace {

std::string rules_of(const std::string& rule) {
  return R"({"rules":[)" + rule + "]}";
}

/// A rule for NVRs with this text in place of, or in addition to, its fields.
std::string nvr_rule(const std::string& more) {
  return rules_of(R"({"name":"down","level":"nvr","when":"offline","for":"2m")" + (more.empty() ? "" : "," + more) +
                  "}");
}

alerts::Rule one_rule(const std::string& body) {
  auto rules = decode_alert_rules(body);
  INFO(body);
  INFO((rules ? std::string() : rules.error().message));
  REQUIRE(rules.has_value());
  REQUIRE(rules->size() == 1);
  return rules->front();
}

tl::expected<alerts::TimeZonePtr, std::string> zone(std::string_view name) {
  return alerts::load_time_zone(name);
}

struct Row {
  std::string body, field, message;
};

} // namespace

TEST_CASE("a rule with all fields") {
  const alerts::Rule rule = one_rule(rules_of(
      R"({"name":"cams","level":"camera","when":{"status":["video_loss","tamper"]},"for":"90s","keep":"2m",
          "severity":"info","filter":{"sites":["South","North","North"],"hostnames":["b","a"],"cameras":["Gate*","?"]},
          "remind":"24h","notify":["mail","pager"]})"));
  CHECK((rule.name == "cams" && rule.level == alerts::Level::camera && rule.when == alerts::When::status));
  CHECK((rule.statuses.size() == 2 && rule.statuses[1].text() == "tamper"));
  CHECK((rule.hold_for == 90'000 && rule.keep == 120'000 && rule.remind == 86'400'000));
  CHECK(rule.severity == alerts::Severity::info);
  CHECK(rule.filter.sites == std::vector<std::string>{"North", "South"});
  CHECK(rule.filter.hostnames == std::vector<std::string>{"a", "b"});
  CHECK(rule.filter.cameras == std::vector<std::string>{"Gate*", "?"});
  CHECK(rule.notify == std::vector<std::string>{"mail", "pager"});
}

TEST_CASE("fields of a rule that are absent or null have their defaults") {
  for (const char* more : {"", R"("keep":null,"severity":null,"filter":null,"remind":null,"notify":null)"}) {
    const alerts::Rule rule = one_rule(nvr_rule(more));
    CHECK((rule.keep == 60'000 && rule.severity == alerts::Severity::warning && rule.remind == 0));
    CHECK(rule.filter == alerts::Scope{});
    CHECK_FALSE(rule.notify.has_value()); // every channel
  }
  CHECK(one_rule(nvr_rule(R"("notify":[])")).notify->empty()); // none
}

TEST_CASE("rules survive encoding and decoding") {
  std::vector<alerts::Rule> rules = alerts::default_rules();
  rules.push_back(one_rule(rules_of(
      R"({"name":"s \" é","level":"site","when":"offline","for":"0s","share":0.3333,"at_least":7,"remind":"90s","keep":"61s",
          "filter":{"hostnames":[],"sites":["",""]},"notify":["a"]})")));
  rules.push_back(one_rule(rules_of(
      R"({"name":"c","level":"camera","when":{"status":["x"]},"for":"7d","filter":{"cameras":["*"]},"notify":[]})")));
  rules.push_back(one_rule(rules_of(R"({"name":"f","level":"nvr","when":"conflict","for":"1h"})")));
  rules.push_back(one_rule(rules_of(R"({"name":"all","level":"site","when":"not_online","for":"1s","share":1})")));
  const std::string text = encode_alert_rules(rules);
  INFO(text);
  const auto again = decode_alert_rules(text);
  INFO((again ? std::string() : again.error().message));
  REQUIRE(again.has_value());
  CHECK(*again == rules);
}

TEST_CASE("the default rules as JSON") {
  CHECK(
      encode_alert_rules(alerts::default_rules()) ==
      R"({"rules":[{"name":"nvr-offline","level":"nvr","when":"offline","for":"2m","keep":"1m","severity":"critical"},)"
      R"({"name":"camera-not-online","level":"camera","when":"not_online","for":"5m","keep":"1m","severity":"warning"},)"
      R"({"name":"site-down","level":"site","when":"offline","for":"30s","keep":"1m","severity":"critical",)"
      R"("share":0.5,"at_least":3}]})");
}

TEST_CASE("each wrong field of a rule is refused and named") {
  const std::string duration = " is wrong: expected a duration such as 90s, 5m, 2h or 1d, ";
  const std::string name = "a string of 1 to 200 bytes of UTF-8 without control characters";
  const auto camera = [](const std::string& when) {
    return rules_of(R"({"name":"c","level":"camera","for":"1m","when":)" + when + "}");
  };
  const auto site = [](const std::string& more) {
    return rules_of(R"({"name":"s","level":"site","when":"offline","for":"1m")" + more + "}");
  };
  const std::vector<Row> rows{
      {"[]", "", "expected a JSON object"},
      {"{}", "rules", "rules is missing: expected an array of at most 256 rules"},
      {R"({"rules":{}})", "rules", "rules is wrong: expected an array of at most 256 rules"},
      {R"({"rules":[],"x":1})", "x", "x is unknown: expected rules"},
      {rules_of("7"), "rules[0]", "rules[0] is wrong: expected an object with name, level, when and for"},
      {nvr_rule(R"("fro":"1m")"), "rules[0].fro",
       "rules[0].fro is unknown: expected name, level, when, for, keep, severity, filter, share, at_least, remind, "
       "notify"},
      {nvr_rule(R"("name":null)"), "rules[0].name",
       "rules[0].name is missing: expected a string of 1 to 64 bytes of UTF-8 without control characters"},
      {nvr_rule(R"("name":")" + std::string(65, 'x') + "\""), "rules[0].name",
       "rules[0].name is wrong: expected a string of 1 to 64 bytes of UTF-8 without control characters"},
      {nvr_rule(R"("level":"zone")"), "rules[0].level", "rules[0].level is wrong: expected one of site, nvr, camera"},
      {nvr_rule(R"("level":null)"), "rules[0].level", "rules[0].level is missing: expected one of site, nvr, camera"},
      {nvr_rule(R"("when":"down")"), "rules[0].when",
       "rules[0].when is wrong: expected not_online, offline, conflict or an object with status"},
      {nvr_rule(R"("when":null)"), "rules[0].when",
       "rules[0].when is missing: expected not_online, offline, conflict or an object with status"},
      {nvr_rule(R"("when":{"status":["x"]})"), "rules[0].when",
       "rules[0].when is wrong: expected an object with status only with level camera"},
      {camera(R"("conflict")"), "rules[0].when", "rules[0].when is wrong: expected conflict only with level nvr"},
      {camera(R"({"state":[]})"), "rules[0].when.state", "rules[0].when.state is unknown: expected status"},
      {camera(R"({"status":[]})"), "rules[0].when.status",
       "rules[0].when.status is wrong: expected an array of 1 to 32 statuses"},
      {camera("{}"), "rules[0].when.status", "rules[0].when.status is missing: expected an array of 1 to 32 statuses"},
      {camera(R"({"status":["x",""]})"), "rules[0].when.status[1]",
       "rules[0].when.status[1] is wrong: expected a string of 1 to 32 bytes of UTF-8 without control characters"},
      {nvr_rule(R"("for":null)"), "rules[0].for",
       "rules[0].for is missing: expected a duration such as 90s, 5m, 2h or 1d, from 0s to 7d"},
      {nvr_rule(R"("for":90)"), "rules[0].for", "rules[0].for" + duration + "from 0s to 7d"},
      {nvr_rule(R"("for":"8d")"), "rules[0].for", "rules[0].for" + duration + "from 0s to 7d"},
      {nvr_rule(R"("keep":"0s")"), "rules[0].keep", "rules[0].keep" + duration + "from 1s to 1h"},
      {nvr_rule(R"("keep":"61m")"), "rules[0].keep", "rules[0].keep" + duration + "from 1s to 1h"},
      {nvr_rule(R"("remind":"59s")"), "rules[0].remind", "rules[0].remind" + duration + "from 1m to 30d, or null"},
      {nvr_rule(R"("severity":"bad")"), "rules[0].severity",
       "rules[0].severity is wrong: expected one of critical, warning, info"},
      {nvr_rule(R"("filter":[])"), "rules[0].filter",
       "rules[0].filter is wrong: expected an object with sites, hostnames or cameras, or null"},
      {nvr_rule(R"("filter":{"site":["a"]})"), "rules[0].filter.site",
       "rules[0].filter.site is unknown: expected sites, hostnames, cameras"},
      {nvr_rule(R"("filter":{"sites":"a"})"), "rules[0].filter.sites",
       "rules[0].filter.sites is wrong: expected an array of at most 1000 strings, or null"},
      {nvr_rule(R"("filter":{"sites":["",7]})"), "rules[0].filter.sites[1]",
       "rules[0].filter.sites[1] is wrong: expected " + name + ", or an empty one for none"},
      {nvr_rule(R"("filter":{"hostnames":[""]})"), "rules[0].filter.hostnames[0]",
       "rules[0].filter.hostnames[0] is wrong: expected " + name},
      {nvr_rule(R"("filter":{"cameras":["a"]})"), "rules[0].filter.cameras",
       "rules[0].filter.cameras is wrong: expected it only with level camera"},
      {nvr_rule(R"("share":0.5)"), "rules[0].share", "rules[0].share is wrong: expected it only with level site"},
      {nvr_rule(R"("at_least":3)"), "rules[0].at_least",
       "rules[0].at_least is wrong: expected it only with level site"},
      {site(""), "rules[0].share", "rules[0].share is missing: expected share, at_least or both with level site"},
      {site(R"(,"share":0)"), "rules[0].share",
       "rules[0].share is wrong: expected a number from 0.0001 to 1 with at most 4 decimals"},
      {site(R"(,"share":1.1)"), "rules[0].share",
       "rules[0].share is wrong: expected a number from 0.0001 to 1 with at most 4 decimals"},
      {site(R"(,"share":0.33333)"), "rules[0].share",
       "rules[0].share is wrong: expected a number from 0.0001 to 1 with at most 4 decimals"},
      {site(R"(,"share":"0.5")"), "rules[0].share",
       "rules[0].share is wrong: expected a number from 0.0001 to 1 with at most 4 decimals"},
      {site(R"(,"at_least":0)"), "rules[0].at_least",
       "rules[0].at_least is wrong: expected a whole number from 1 to 1000000"},
      {site(R"(,"at_least":1.5)"), "rules[0].at_least",
       "rules[0].at_least is wrong: expected a whole number from 1 to 1000000"},
      {nvr_rule(R"("notify":"mail")"), "rules[0].notify",
       "rules[0].notify is wrong: expected an array of at most 32 strings, or null"},
      {nvr_rule(R"("notify":["mail",null])"), "rules[0].notify[1]", "rules[0].notify[1] is wrong: expected " + name},
      {rules_of(
           R"({"name":"a","level":"nvr","when":"offline","for":"1m"},{"name":"a","level":"nvr","when":"offline","for":"1m"})"),
       "rules[1].name", "rules[1].name is wrong: expected a name that no other rule has"},
  };
  for (const Row& row : rows) {
    INFO(row.body);
    const auto rules = decode_alert_rules(row.body);
    REQUIRE_FALSE(rules.has_value());
    CHECK(rules.error().field == row.field);
    CHECK(rules.error().message == row.message);
  }
}

TEST_CASE("the number of rules is limited") {
  const auto body = [](std::size_t count) {
    std::string list;
    for (std::size_t i = 0; i < count; ++i) {
      list += (i == 0 ? "" : ",") + std::string(R"({"level":"nvr","when":"offline","for":"1m","name":"r)") +
              std::to_string(i) + "\"}";
    }
    return rules_of(list);
  };
  CHECK(decode_alert_rules(body(alerts::max_rules)).has_value());
  CHECK(decode_alert_rules(body(alerts::max_rules + 1)).error().field == "rules");
}

TEST_CASE("durations") {
  for (const char* text :
       {"", "s", "90", "90ms", "-1s", "1.5h", " 1m", "1m ", "1h30m", "99999999999999999999s", "+1m", "1000000001s"}) {
    INFO(text);
    CHECK(decode_alert_rules(nvr_rule(R"("for":")" + std::string(text) + "\"")).error().field == "rules[0].for");
  }
  CHECK(one_rule(nvr_rule(R"("for":"0s")")).hold_for == 0);
  CHECK(encode_duration(0) == "0s");
  CHECK(encode_duration(90'000) == "90s");
  CHECK(encode_duration(86'400'000) == "1d");
  CHECK(encode_duration(90'000'000) == "25h");
}

TEST_CASE("maintenance windows survive encoding and decoding") {
  const std::vector<std::string> bodies{
      R"({"reason":"new switch","from":"2026-03-29T01:00:00Z","to":"2026-03-29T02:30:00.500Z"})",
      R"({"reason":"updates","filter":{"sites":["North"],"cameras":["Gate*"]},"weekly":{"days":["sun","wed","sun"],"start":"02:05","length":"90m","time_zone":"Europe/Berlin"}})"};
  for (const std::string& body : bodies) {
    auto window = decode_maintenance(body, zone);
    INFO(body);
    INFO((window ? std::string() : window.error().message));
    REQUIRE(window.has_value());
    window->id = "w7";
    std::string text = encode_maintenance(*window);
    const std::string id = R"("id":"w7",)";
    REQUIRE(text.starts_with("{" + id));
    text.erase(1, id.size());
    auto again = decode_maintenance(text, zone);
    INFO(text);
    REQUIRE(again.has_value());
    again->id = "w7";
    CHECK(*again == *window);
  }
  const auto weekly = std::get<alerts::Weekly>(decode_maintenance(bodies[1], zone)->times);
  CHECK((weekly.days == 0b1001 && weekly.start == 125 && weekly.length == 90 * 60'000));
}

TEST_CASE("each wrong field of a maintenance window is refused and named") {
  const auto once = [](const std::string& fields) { return R"({"reason":"r",)" + fields + "}"; };
  const auto weekly = [](const std::string& changed) {
    return R"({"reason":"r","weekly":{"days":["mon"],"start":"02:00","length":"1h","time_zone":"UTC",)" + changed +
           "}}";
  };
  const std::string a_time = "a time in UTC such as 2026-03-29T01:00:00Z";
  const std::vector<Row> rows{
      {"7", "", "expected a JSON object"},
      {R"({"from":"2026-01-01T00:00:00Z","to":"2026-01-02T00:00:00Z"})", "reason",
       "reason is missing: expected a string of 1 to 200 bytes of UTF-8 without control characters"},
      {once(R"("until":1)"), "until", "until is unknown: expected reason, filter, from, to, weekly"},
      {once(R"("filter":7)"), "filter",
       "filter is wrong: expected an object with sites, hostnames or cameras, or null"},
      {once(R"("to":"2026-01-01T00:00:00Z")"), "from", "from is missing: expected " + a_time},
      {once(R"("from":"yesterday","to":"2026-01-01T00:00:00Z")"), "from", "from is wrong: expected " + a_time},
      {once(R"("from":"2026-01-01T00:00:00Z")"), "to", "to is missing: expected " + a_time}, // always bounded
      {once(R"("from":"2026-01-01T00:00:00Z","to":"2026-01-01T00:00:00Z")"), "to",
       "to is wrong: expected a time after from, by at most 90 days"},
      {once(R"("from":"2026-01-01T00:00:00Z","to":"2026-04-02T00:00:00Z")"), "to",
       "to is wrong: expected a time after from, by at most 90 days"},
      {once(R"("weekly":[])"), "weekly", "weekly is wrong: expected an object with days, start, length and time_zone"},
      {once(R"("to":"2026-01-01T00:00:00Z","weekly":{})"), "to", "to is wrong: expected either from and to, or weekly"},
      {weekly(R"("day":1)"), "weekly.day", "weekly.day is unknown: expected days, start, length, time_zone"},
      {weekly(R"("days":[])"), "weekly.days",
       "weekly.days is wrong: expected an array of 1 to 7 of sun, mon, tue, wed, thu, fri, sat"},
      {weekly(R"("days":["mon","Tue"])"), "weekly.days[1]",
       "weekly.days[1] is wrong: expected one of sun, mon, tue, wed, thu, fri, sat"},
      {weekly(R"("start":"24:00")"), "weekly.start",
       "weekly.start is wrong: expected a time of day from 00:00 to 23:59"},
      {weekly(R"("start":"2:00")"), "weekly.start",
       "weekly.start is wrong: expected a time of day from 00:00 to 23:59"},
      {weekly(R"("start":"0x:00")"), "weekly.start",
       "weekly.start is wrong: expected a time of day from 00:00 to 23:59"},
      {weekly(R"("length":null)"), "weekly.length",
       "weekly.length is missing: expected a duration such as 90s, 5m, 2h or 1d, from 1m to 6d"},
      {weekly(R"("length":"7d")"), "weekly.length",
       "weekly.length is wrong: expected a duration such as 90s, 5m, 2h or 1d, from 1m to 6d"},
      {weekly(R"("time_zone":null)"), "weekly.time_zone",
       "weekly.time_zone is missing: expected a name of IANA's such as Europe/Berlin"},
      {weekly(R"("time_zone":"Mars/Base")"), "weekly.time_zone",
       "weekly.time_zone is wrong: time zone Mars/Base is unknown: expected a name of IANA's such as Europe/Berlin"},
  };
  for (const Row& row : rows) {
    INFO(row.body);
    const auto window = decode_maintenance(row.body, zone);
    REQUIRE_FALSE(window.has_value());
    CHECK(window.error().field == row.field);
    CHECK(window.error().message == row.message);
  }
  const auto missing = decode_maintenance(
      weekly(R"("days":["mon"])"), [](std::string_view name) { return alerts::load_time_zone(name, "/nonexistent"); });
  CHECK(missing.error().message ==
        "weekly.time_zone is wrong: there is no time zone database in /nonexistent: install the package tzdata");
}

TEST_CASE("an alert is encoded with what is known of it, and read back") {
  alerts::Transition transition;
  transition.alert.id = 0x0123456789abcdef;
  transition.alert.subject = {7, "gate \"1\""};
  transition.alert.state = alerts::State::firing;
  transition.alert.begun = 1'700'000'000'000;
  transition.alert.fired = 1'700'000'120'000;
  transition.alert.returns = 2;
  transition.alert.acknowledged =
      std::make_shared<const alerts::Acknowledgement>(alerts::Acknowledgement{"ada", "on it", 1});
  transition.change = alerts::Change::acknowledged;
  transition.at = 1'700'000'130'000;
  transition.rule = "camera-down";
  transition.level = alerts::Level::camera;
  transition.severity = alerts::Severity::info;
  transition.site = "North";
  transition.hostname = "N1";
  transition.well_share = 0.256;
  transition.maintenance = "w1";
  transition.announce = 0b101;
  const std::string json = encode_alert(transition, {"mail", "chat", "ops"});
  const auto fields = read_alert(json);
  REQUIRE(fields);
  CHECK(decode_alert_id(fields->id) == transition.alert.id);
  CHECK(fields->camera == "gate \"1\"");
  CHECK(fields->nvr_id == 7);
  CHECK(fields->state == "firing");
  CHECK(fields->change == "acknowledged");
  CHECK(fields->severity == "info");
  CHECK(fields->fired == "2023-11-14T22:15:20.000Z");
  CHECK(fields->resolved.empty());
  CHECK(fields->flapping);
  CHECK(fields->well_share == 0.26);
  CHECK(fields->acknowledged_by == "ada");
  CHECK(fields->acknowledged_note == "on it");
  CHECK(fields->maintenance == "w1");
  CHECK(fields->notified == std::vector<std::string_view>{"mail", "ops"});
  for (const char* wrong : {"", "0123456789abcde", "0123456789abcdef0", "0123456789abcdeg", "+123456789abcdef"})
    CHECK_FALSE(decode_alert_id(wrong));
  for (const char* wrong : {"", "[]", "{}", R"({"id":7})"})
    CHECK_FALSE(read_alert(wrong));
}

TEST_CASE("the body of an acknowledgement is a note or nothing") {
  for (const char* none : {"", " \n", "{}", R"({"note":null})", R"({"note":""})"})
    CHECK(decode_acknowledgement(none).value() == "");
  CHECK(decode_acknowledgement(R"({"note":"on my way"})").value() == "on my way");
  CHECK(decode_acknowledgement(R"({"note":7})").error().field == "note");
  CHECK(decode_acknowledgement(R"({"note":"a\u0007"})").error().field == "note");
  CHECK(decode_acknowledgement(R"({"nota":"x"})").error().field == "nota");
  CHECK_FALSE(decode_acknowledgement("[]").has_value());
}
