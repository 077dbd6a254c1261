#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "notify/render/render.hpp"
#include "notify/request.hpp"
#include "notify/support/messages.hpp"

using namespace nvrhub::notify;
using namespace nvrhub::notify::testing;
using nlohmann::json;

TEST_CASE("alertmanager: labels, times and link") {
  AlertView alert = camera_alert("Gate");
  alert.link = "https://hub.example/#a";
  const std::vector<AlertView> alerts{alert, resolved(nvr_alert())};
  const json list = json::parse(render_alertmanager(alerts, noon + 200'000));
  REQUIRE(list.size() == 2);
  CHECK(list[0]["labels"] == json{{"alertname", "camera-not-online"},
                                  {"severity", "warning"},
                                  {"site", "Berlin"},
                                  {"hostname", "NVR-7"},
                                  {"camera", "Gate"}});
  CHECK(list[0]["startsAt"] == "2026-05-01T12:00:03.120Z");
  CHECK(list[0]["endsAt"] == "2026-05-01T12:18:23.120Z"); // 15 minutes after now
  CHECK(list[0]["generatorURL"] == "https://hub.example/#a");
  CHECK(list[1]["labels"].size() == 4); // no camera
  CHECK(list[1]["endsAt"] == "2026-05-01T12:10:03.120Z");
  CHECK_FALSE(list[1].contains("generatorURL"));
}

TEST_CASE("alertmanager: the end is never before the begin") {
  AlertView alert = resolved(nvr_alert());
  alert.resolved = 0;
  const json list = json::parse(render_alertmanager(std::vector{alert}, noon));
  CHECK(list[0]["endsAt"] == list[0]["startsAt"]);
}

TEST_CASE("alertmanager: a request per address") {
  Alertmanager settings;
  settings.urls = {Secret("http://a.example:9093"), Secret("https://b.example/am/")};
  Channel channel;
  channel.settings = settings;
  channel.credentials.token = Secret("t");
  const auto requests = requests_for(channel, message_of({nvr_alert()}), noon);
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].url.reveal() == "http://a.example:9093/api/v2/alerts");
  CHECK(requests[1].url.reveal() == "https://b.example/am/api/v2/alerts");
  CHECK(requests[1].authorization.reveal() == "t");
  CHECK(requests[0].body == requests[1].body);
}
