#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "notify/render/render.hpp"
#include "notify/support/messages.hpp"

using namespace nvrhub::notify;
using namespace nvrhub::notify::testing;
using nlohmann::json;

namespace {

bool contains(const json& value, const std::string& text) {
  return value.get<std::string>().find(text) != std::string::npos;
}

MessageView linked() {
  MessageView view = message_of({nvr_alert()});
  view.link = "https://hub.example/";
  return view;
}

} // namespace

TEST_CASE("slack: title, lines, colour and link") {
  const json body = json::parse(render_slack(linked()));
  CHECK(contains(body["text"], "nvr-offline: NVR-7"));
  const json& attachment = body["attachments"][0];
  CHECK(attachment["color"] == "#D32F2F");
  CHECK(attachment["title_link"] == "https://hub.example/");
  CHECK(contains(attachment["text"], "since 2026-05-01"));
  CHECK(json::parse(render_slack(message_of({resolved(nvr_alert())})))["attachments"][0]["color"] == "#388E3C");
}

TEST_CASE("slack: no mention, link or tag of a name has an effect") {
  const json body = json::parse(render_slack(message_of({nvr_alert(hostile)})));
  CHECK(body["link_names"] == false);
  for (const json& text : {body["text"], body["attachments"][0]["text"], body["attachments"][0]["fallback"]}) {
    CHECK(contains(text, "&lt;!channel&gt;"));
    CHECK_FALSE(contains(text, "<"));
    CHECK_FALSE(contains(text, "@everyone"));
    CHECK_FALSE(contains(text, "]("));
  }
}

TEST_CASE("teams: every text is a literal run") {
  const json body = json::parse(render_teams(message_of({nvr_alert(hostile)})));
  CHECK(body["type"] == "message");
  const json& card = body["attachments"][0]["content"];
  CHECK(card["type"] == "AdaptiveCard");
  CHECK_FALSE(card.contains("msteams")); // where mentions would be
  REQUIRE(card["body"].size() == 2);
  for (const json& block : card["body"]) {
    CHECK(block["type"] == "RichTextBlock");
    CHECK(block["inlines"][0]["type"] == "TextRun");
  }
  const json action = json::parse(render_teams(linked()))["attachments"][0]["content"]["actions"][0];
  CHECK(action == json{{"type", "Action.OpenUrl"}, {"title", "Open in nvrhub"}, {"url", "https://hub.example/"}});
}

TEST_CASE("discord: mentions are off and markdown is escaped") {
  const json body = json::parse(render_discord(message_of({nvr_alert(hostile)})));
  CHECK(body["allowed_mentions"] == json{{"parse", json::array()}});
  CHECK_FALSE(body.contains("content"));
  const json& embed = body["embeds"][0];
  CHECK(contains(embed["description"], "\\[go\\]\\(http\\://evil"));
  CHECK(json::parse(render_discord(linked()))["embeds"][0]["url"] == "https://hub.example/");
}

TEST_CASE("chat: limits of the services hold for the longest names") {
  std::vector<AlertView> alerts;
  for (int i = 0; i < 100; ++i)
    alerts.push_back(camera_alert(std::string(200, '_')));
  const MessageView view = message_of(alerts);
  const json discord = json::parse(render_discord(view))["embeds"][0];
  CHECK(discord["title"].get<std::string>().size() <= 256);
  CHECK(discord["description"].get<std::string>().size() <= 4'096);
  CHECK(render_teams(view).size() < 28'000);
  CHECK(render_slack(view).size() < 10'000);
  CHECK(json::parse(render_ntfy(view, "t"))["message"].get<std::string>().size() <= 4'000);
}

TEST_CASE("ntfy: priority and tag follow the severity") {
  const json firing = json::parse(render_ntfy(linked(), "cameras"));
  CHECK(firing["topic"] == "cameras");
  CHECK(firing["priority"] == 5);
  CHECK(firing["click"] == "https://hub.example/");
  CHECK(firing["tags"] == json::array({"rotating_light"}));
  const json good = json::parse(render_ntfy(message_of({resolved(nvr_alert())}), "cameras"));
  CHECK(good["priority"] == 3);
  CHECK(good["tags"] == json::array({"white_check_mark"}));
}

TEST_CASE("ntfy: the topic is the last part of the URL") {
  using Target = std::pair<std::string, std::string>;
  CHECK(ntfy_target("https://ntfy.sh/cams") == Target{"https://ntfy.sh/", "cams"});
  CHECK(ntfy_target("http://[::1]:8080/a/b/") == Target{"http://[::1]:8080/a/", "b"});
  CHECK_FALSE(ntfy_target("https://ntfy.sh"));
  CHECK_FALSE(ntfy_target("https://ntfy.sh/"));
  CHECK_FALSE(ntfy_target("https://ntfy.sh/a?auth=x"));
}
