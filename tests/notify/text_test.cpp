#include <catch2/catch.hpp>

#include "notify/render/escape.hpp"
#include "notify/render/render.hpp"
#include "notify/support/messages.hpp"

using namespace nvrhub::notify;
using namespace nvrhub::notify::testing;
using nvrhub::alerts::MessageKind;

TEST_CASE("text: the title of one alert names severity, rule, subject and site") {
  CHECK(title_of(message_of({nvr_alert()})) == "[critical] nvr-offline: NVR-7 (Gate house), Berlin");
  CHECK(title_of(message_of({camera_alert("Gate")})) ==
        "[warning] camera-not-online: camera Gate of NVR-7 (Gate house), Berlin");
  CHECK(title_of(message_of({resolved(nvr_alert())})) == "[resolved] nvr-offline: NVR-7 (Gate house), Berlin");
  AlertView site = nvr_alert("");
  site.level = nvrhub::alerts::Level::site;
  site.rule = "site-down";
  CHECK(title_of(message_of({site})) == "[critical] site-down: site Berlin");
  AlertView plain = nvr_alert();
  plain.device_name = plain.hostname;
  plain.site = "";
  CHECK(title_of(message_of({plain})) == "[critical] nvr-offline: NVR-7");
}

TEST_CASE("text: the title of several alerts counts and names the first") {
  MessageView view = message_of({nvr_alert("A"), nvr_alert("B"), nvr_alert("C"), nvr_alert("D"), nvr_alert("E")});
  CHECK(title_of(view) == "[critical] 5 alerts, Berlin: A, B, C and 2 more");
  view.alerts[4] = resolved(view.alerts[4]);
  view.message.kind = MessageKind::mixed;
  CHECK(title_of(view) == "[critical] 5 alerts, Berlin: 4 firing, 1 resolved");
  view.message.kind = MessageKind::digest;
  view.message.site = "";
  CHECK(title_of(view) == "[digest, critical] 5 alerts: 4 firing, 1 resolved");
}

TEST_CASE("text: the title marks reminders and tests") {
  MessageView view = message_of({nvr_alert()});
  view.message.kind = MessageKind::reminder;
  view.is_test = true;
  CHECK(title_of(view) == "[test] [reminder, critical] nvr-offline: NVR-7 (Gate house), Berlin");
}

TEST_CASE("text: a line states what an operator asks") {
  CHECK(line_of(nvr_alert()) == "NVR-7 (Gate house): nvr-offline since 2026-05-01 12:00:03 UTC");
  CHECK(line_of(resolved(nvr_alert())) ==
        "NVR-7 (Gate house): nvr-offline resolved 2026-05-01 12:10:03 UTC, after 10 min");
  AlertView alert = nvr_alert();
  alert.flapping = true;
  alert.well_share = 0.4;
  alert.acknowledged_by = "anna";
  alert.acknowledged_note = "driver is on the way";
  alert.maintenance = "new switch";
  CHECK(line_of(alert) ==
        "NVR-7 (Gate house): nvr-offline since 2026-05-01 12:00:03 UTC; flapping, well 40 % of the last "
        "10 minutes; acknowledged by anna (driver is on the way); maintenance: new switch");
}

TEST_CASE("text: a list is bounded and states what it leaves out") {
  std::vector<AlertView> alerts(50, nvr_alert());
  const std::string text = text_of(message_of(alerts), 20);
  CHECK(std::count(text.begin(), text.end(), '\n') == 21);
  CHECK(text.ends_with("\nand 30 more\n"));
}

TEST_CASE("text: a name cannot begin a line") {
  const MessageView view = message_of({nvr_alert(hostile)});
  CHECK(title_of(view).find_first_of("\r\n") == std::string::npos);
  CHECK(line_of(view.alerts.front()).find_first_of("\r\n") == std::string::npos);
}

TEST_CASE("text: times and durations") {
  CHECK(iso_time(noon) == "2026-05-01T12:00:03.120Z");
  CHECK(iso_time(7) == "1970-01-01T00:00:00.007Z");
  CHECK(mail_time(noon) == "Fri, 01 May 2026 12:00:03 +0000");
  CHECK(plain_duration(119'999) == "119 s");
  CHECK(plain_duration(120'000) == "2 min");
  CHECK(plain_duration(7'200'000) == "2 h");
  CHECK(plain_duration(172'800'000) == "2 days");
}

TEST_CASE("text: shortening keeps characters whole") {
  CHECK(shortened("abc", 3) == "abc");
  CHECK(shortened("abcd", 3) == "…");
  CHECK(shortened("ää ää", 6) == "ä…");
  CHECK(shortened("abcdef", 5) == "ab…");
}

TEST_CASE("text: the link is that of the only alert, else of the message") {
  MessageView view = message_of({nvr_alert()});
  view.link = "https://hub.example/#alerts";
  CHECK(link_of(view) == view.link);
  view.alerts.front().link = "https://hub.example/#alerts/a1";
  CHECK(link_of(view) == view.alerts.front().link);
  view.alerts.push_back(nvr_alert("B"));
  CHECK(link_of(view) == view.link);
}
