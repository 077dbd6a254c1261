// The request of a webhook: its JSON, its headers and its target.
#include <catch2/catch.hpp>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "notify/render/render.hpp"
#include "notify/request.hpp"
#include "notify/support/messages.hpp"

using namespace nvrhub::notify;
using namespace nvrhub::notify::testing;
using nlohmann::json;

namespace {

Channel webhook_channel(Format format, const std::string& url = "https://hooks.example/x") {
  Webhook webhook;
  webhook.url = Secret(url);
  webhook.format = format;
  Channel channel;
  channel.name = "ops";
  channel.settings = webhook;
  return channel;
}

Request only(std::vector<Request> requests) {
  REQUIRE(requests.size() == 1);
  return std::move(requests.front());
}

bool has_header(const Request& request, const std::string& line) {
  return std::find(request.headers.begin(), request.headers.end(), line) != request.headers.end();
}

} // namespace

TEST_CASE("webhook: the JSON has type, timestamp and data") {
  AlertView alert = nvr_alert();
  alert.acknowledged_by = "anna";
  alert.flapping = true;
  alert.well_share = 0.25;
  const MessageView view = message_of({alert, resolved(camera_alert("Gate"))});
  const json body = json::parse(render_json(view));
  CHECK(body["type"] == "alerts.firing");
  CHECK(body["timestamp"] == "2026-05-01T12:02:13.120Z");
  const json& data = body["data"];
  CHECK(data["id"] == "msg_0123456789abcdef");
  CHECK(data["channel"] == "ops");
  CHECK(data["severity"] == "critical");
  CHECK(data["site"] == "Berlin");
  CHECK(data["title"] == title_of(view));
  CHECK(data["firing"] == 1);
  CHECK(data["resolved"] == 1);
  CHECK(data["truncated"] == false);
  CHECK_FALSE(data.contains("test"));
  REQUIRE(data["alerts"].size() == 2);
  CHECK(data["alerts"][0] == json::parse(R"({"id":"a1b2-NVR-7","rule":"nvr-offline","level":"nvr","severity":"critical",
    "site":"Berlin","hostname":"NVR-7","device_name":"Gate house","camera":null,"state":"firing","change":"fired",
    "begun":"2026-05-01T12:00:03.120Z","fired":"2026-05-01T12:02:03.120Z","resolved":null,"flapping":true,
    "well_share":0.25,"acknowledged":{"by":"anna","note":null},"maintenance":null,"link":null})"));
  CHECK(data["alerts"][1]["camera"] == "Gate");
  CHECK(data["alerts"][1]["resolved"] == "2026-05-01T12:10:03.120Z");
}

TEST_CASE("webhook: a large message is cut, and says so") {
  const json body = json::parse(render_json(message_of(std::vector<AlertView>(9'500, nvr_alert()))));
  CHECK(body["data"]["alerts"].size() == 500);
  CHECK(body["data"]["truncated"] == true);
  CHECK(body["data"]["firing"] == 9'500);
}

TEST_CASE("webhook: hostile names and bytes that are not UTF-8 stay inside their strings") {
  const json body = json::parse(render_json(message_of({nvr_alert(hostile)})));
  CHECK(body["data"]["alerts"][0]["hostname"] == hostile);
  CHECK_NOTHROW(json::parse(render_json(message_of({nvr_alert("\xFF\xC3")}))));
}

TEST_CASE("webhook: an attempt later has the same id and body, and the time of the attempt") {
  Channel channel = webhook_channel(Format::json);
  std::get<Webhook>(channel.settings).signing_key = Secret(std::string(32, 'k'));
  const MessageView view = message_of({nvr_alert()});
  const Request first = only(requests_for(channel, view, noon));
  const Request later = only(requests_for(channel, view, noon + 3'600'000));
  CHECK(first.body == later.body);
  CHECK(has_header(first, "webhook-id: msg_0123456789abcdef"));
  CHECK(has_header(later, "webhook-id: msg_0123456789abcdef"));
  CHECK(has_header(first, "webhook-timestamp: 1777636803"));
  CHECK(has_header(later, "webhook-timestamp: 1777640403"));
  CHECK(first.headers[2] != later.headers[2]);
  CHECK(first.headers[2].starts_with("webhook-signature: v1,"));
  CHECK(has_header(first, "Content-Type: application/json"));
}

TEST_CASE("webhook: a template replaces the body and brings its type") {
  Channel channel = webhook_channel(Format::json);
  auto& webhook = std::get<Webhook>(channel.settings);
  webhook.body = Template::parse("{\"m\":\"{{title}}\"}", template_fields()).value();
  Request request = only(requests_for(channel, message_of({nvr_alert(hostile)}), noon));
  CHECK(json::parse(request.body).size() == 1);
  webhook.content_type = "text/csv";
  webhook.body = Template::parse("{{rule}};{{state}}", template_fields()).value();
  request = only(requests_for(channel, message_of({nvr_alert()}), noon));
  CHECK(request.body == "nvr-offline;firing");
  CHECK(has_header(request, "Content-Type: text/csv"));
}

TEST_CASE("webhook: ntfy gets JSON at its root") {
  const Request request = only(requests_for(webhook_channel(Format::ntfy, "https://ntfy.example/base/cameras"),
                                            message_of({nvr_alert()}), noon));
  CHECK(request.url.reveal() == "https://ntfy.example/base/");
  CHECK(json::parse(request.body)["topic"] == "cameras");
}

TEST_CASE("webhook: plain text is text") {
  const Request request = only(requests_for(webhook_channel(Format::plain), message_of({nvr_alert()}), noon));
  CHECK(has_header(request, "Content-Type: text/plain; charset=utf-8"));
  CHECK(request.body == "[critical] nvr-offline: NVR-7 (Gate house), Berlin\n\n"
                        "NVR-7 (Gate house): nvr-offline since 2026-05-01 12:00:03 UTC\n");
}

TEST_CASE("requests: one outcome of several is that which delivered, else the first") {
  Outcome refused, delivered;
  refused.error = "refused";
  delivered.delivered = true;
  CHECK(combined({refused, delivered}).delivered);
  CHECK(combined({refused, Outcome{}}).error == "refused");
}
