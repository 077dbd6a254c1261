// Dashboard sessions on loopback sockets, with the actors of a server.
#include "net/dashboard/dashboard_session.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "net/support/actor_server.hpp"
#include "net/support/websocket_client.hpp"

using namespace nvrhub;
using namespace nvrhub::net;
using namespace nvrhub::net::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// An NVR that reports.
class Nvr {
public:
  explicit Nvr(const ActorServer& server, int cameras = 1, std::size_t name_size = 4)
      : client_(server.port, "/ws"), cameras_(cameras), name_size_(name_size) {}

  void auth() {
    client_.send(R"({"type":"auth","hostname":"NVR-1","systemStatus":)" + status("online") + "}");
    REQUIRE_THAT(client_.receive(), StartsWith(R"({"type":"auth_ok",)"));
  }
  /// Reports all cameras with this status; the seq that contains it.
  std::uint64_t report(const std::string& camera_status) {
    client_.send(R"({"type":"heartbeat","id":1,"systemStatus":)" + status(camera_status) + "}");
    const std::string answer = client_.receive();
    REQUIRE_THAT(answer, StartsWith(R"({"type":"ack",)"));
    return number_of(answer, "seq");
  }

private:
  std::string status(const std::string& camera_status) const {
    std::string cameras;
    for (int i = 0; i < cameras_; ++i) {
      std::string name = std::to_string(1000 + i);
      name.resize(name_size_, '-');
      cameras += (i == 0 ? "" : ",") + (R"({"name":")" + name) + R"(","status":")" + camera_status + "\"}";
    }
    return R"({"cameras":[)" + cameras + "]}";
  }

  WebSocketClient client_;
  int cameras_;
  std::size_t name_size_;
};

constexpr std::string_view subscribe = R"({"type":"subscribe"})";

/// Subscribes and reads up to the end of the snapshot; the seq of both.
std::uint64_t start(WebSocketClient& dashboard, std::string* snapshot = nullptr) {
  dashboard.send(subscribe);
  const std::string subscribed = dashboard.receive();
  REQUIRE_THAT(subscribed, StartsWith(R"({"type":"subscribed","epoch":")") && Contains(R"("recovered":false)"));
  const std::uint64_t seq = number_of(subscribed, "seq");
  std::string page = dashboard.receive();
  for (std::uint64_t i = 0; page.find(R"("last":true)") == std::string::npos; ++i) {
    REQUIRE_THAT(page, StartsWith(R"({"type":"snapshot",)"));
    REQUIRE(number_of(page, "page") == i);
    page = dashboard.receive();
  }
  REQUIRE(number_of(page, "seq") == seq);
  if (snapshot != nullptr) *snapshot = page;
  return seq;
}

/// Whether `message` is the batch of events that follows `position`, which it then moves on.
bool follows(const std::string& message, std::uint64_t& position) {
  if (!message.starts_with(R"({"type":"events",)") || number_of(message, "from") != position + 1) return false;
  position = number_of(message, "to");
  return true;
}

/// Reads events, without a gap, until `seq`.
void read_until(WebSocketClient& dashboard, std::uint64_t& position, std::uint64_t seq) {
  while (position < seq) {
    const std::string message = dashboard.receive();
    CAPTURE(position, message.substr(0, 200));
    REQUIRE(follows(message, position));
  }
}

} // namespace

TEST_CASE("dashboard session: a socket that sends nothing gets the legacy feed", "[dashboard_session]") {
  ActorServer server;
  WebSocketClient dashboard(server.port, "/ws/dashboard");
  Nvr nvr(server);
  nvr.auth();
  const std::string update = R"({"type":"nvr_status_update","hostname":"NVR-1","device_name":"NVR-1","nvr_id":1,)"
                             R"("cameras_updated":1,"timestamp":"2023-11-14T22:13:20.000Z","status":"online","seq":)";
  const std::string online = dashboard.receive();
  CHECK_THAT(online, StartsWith(update));
  nvr.report("online"); // changes nothing
  const std::uint64_t seq = nvr.report("offline");
  CHECK(dashboard.receive() == update + std::to_string(seq) + "}");
}

TEST_CASE("dashboard session: a subscription starts with the state and continues without a gap",
          "[dashboard_session]") {
  ActorServer server;
  Nvr nvr(server);
  nvr.auth();
  const std::uint64_t before = nvr.report("video_loss");
  WebSocketClient dashboard(server.port, "/ws/dashboard");
  std::string snapshot;
  std::uint64_t position = start(dashboard, &snapshot);
  CHECK(position == before);
  CHECK_THAT(snapshot, Contains(R"("hostname":"NVR-1")") && Contains(R"("name":"1000","status":"video_loss")"));
  for (int i = 0; i < 20; ++i)
    nvr.report(i % 2 == 0 ? "online" : "offline");
  const std::uint64_t last = nvr.report("last");
  CHECK(last == before + 21);
  read_until(dashboard, position, last);
  CHECK(position == last);
  CHECK(server.wait_for_level(&metrics::NetCounters::subscriptions, 1));
}

TEST_CASE("dashboard session: a bad subscribe is refused, and the legacy feed continues", "[dashboard_session]") {
  ActorServer server;
  WebSocketClient dashboard(server.port, "/ws/dashboard");
  dashboard.send(R"({"type":"subscribe","detail":"everything"})");
  CHECK_THAT(dashboard.receive(), StartsWith(R"({"type":"error","code":"bad_message")") && Contains("detail"));
  dashboard.send("{");
  CHECK_THAT(dashboard.receive(), StartsWith(R"({"type":"error","code":"bad_json")"));
  Nvr nvr(server);
  nvr.auth();
  CHECK_THAT(dashboard.receive(), StartsWith(R"({"type":"nvr_status_update","hostname":"NVR-1")"));
  start(dashboard); // and it may still subscribe
}

TEST_CASE("dashboard session: 100 bad messages close it with 4400", "[dashboard_session]") {
  ActorServer server;
  WebSocketClient dashboard(server.port, "/ws/dashboard");
  for (int i = 0; i < 100; ++i) {
    dashboard.send("{");
    REQUIRE_THAT(dashboard.receive(), StartsWith(R"({"type":"error","code":"bad_json")"));
  }
  CHECK(dashboard.receive() == "close 4400");
  CHECK(dashboard.receive() == "end");
}

TEST_CASE("dashboard session: a dashboard that does not read is closed; another one receives everything",
          "[dashboard_session]") {
  NetOptions options;
  options.websockets.max_outbound = 1 << 20;
  ActorServer server(std::move(options));
  Nvr nvr(server, 500, 200);
  nvr.auth();
  WebSocketClient slow(server.port, "/ws/dashboard", {.receive_buffer = 4096});
  std::uint64_t slow_position = start(slow);
  WebSocketClient reader(server.port, "/ws/dashboard");
  std::uint64_t position = start(reader);

  // 150 KB each: what the kernel keeps, at most 4 MiB, and several times max_outbound.
  const auto is_closed = [&server] { return server.closes(4429) > 0; };
  for (int i = 0; i < 400 && !is_closed(); ++i)
    read_until(reader, position, nvr.report(i % 2 == 0 ? "offline" : "online"));
  CHECK(server.closes(4429) == 1);
  CHECK(server.context->counters.sum(&metrics::NetCounters::dashboards_too_slow) == 1);
  CHECK(server.wait_for_level(&metrics::NetCounters::subscriptions, 1));
  read_until(reader, position, nvr.report("still there"));

  std::string message = slow.receive();
  while (follows(message, slow_position))
    message = slow.receive();
  CHECK_THAT(message, Catch::Equals("close 4429") || Catch::Equals("end")); // "end": it read too late for the close
  CHECK(slow_position < position);
}
