// NVR sessions on loopback sockets, with the actors of a server.
#include "net/nvr/nvr_session.hpp"

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

std::string auth(const std::string& hostname, const std::string& camera_status = "online") {
  return R"({"type":"auth","hostname":")" + hostname + R"(","systemStatus":{"cameras":[{"name":"Gate","status":")" +
         camera_status + R"("}]}})";
}

std::string heartbeat(const std::string& camera_status, int id) {
  return R"({"type":"heartbeat","systemStatus":{"cameras":[{"name":"Gate","status":")" + camera_status +
         R"("}]},"id":)" + std::to_string(id) + "}";
}

std::string error(const std::string& code) {
  return R"({"type":"error","code":")" + code + "\"";
}

/// Authenticates; the session's number.
std::uint64_t start(WebSocketClient& client, const std::string& hostname) {
  client.send(auth(hostname));
  const std::string answer = client.receive();
  REQUIRE_THAT(answer, StartsWith(R"({"type":"auth_ok","hostname":")" + hostname + "\""));
  return number_of(answer, "session");
}

} // namespace

TEST_CASE("nvr session: an auth is answered with auth_ok, and a heartbeat with an id is acked", "[nvr_session]") {
  ActorServer server;
  WebSocketClient client(server.port, "/ws");
  CHECK(start(client, "NVR-1") > 0);
  client.send(heartbeat("offline", 7));
  const std::string changed = client.receive();
  CHECK_THAT(changed, StartsWith(R"({"type":"ack","id":7,"seq":)") && Contains(R"("cameras_updated":1)"));

  client.send(heartbeat("offline", 8)); // a repeat
  client.send(R"({"type":"heartbeat","systemStatus":{"cameras":[{"name":"Gate","status":"offline"}]}})");
  client.send(R"({"type":"heartbeat","id":"last"})");
  const std::string seq = std::to_string(number_of(changed, "seq"));
  CHECK(client.receive() == R"({"type":"ack","id":8,"seq":)" + seq + R"(,"cameras_updated":0})");
  CHECK(client.receive() == R"({"type":"ack","id":"last","seq":)" + seq + R"(,"cameras_updated":0})");
  CHECK(server.wait_for_level(&metrics::NetCounters::nvr_sessions, 1));
}

TEST_CASE("nvr session: a message before the auth is refused, and the socket stays open", "[nvr_session]") {
  ActorServer server;
  WebSocketClient client(server.port, "/ws");
  client.send(R"({"type":"heartbeat","id":1})");
  CHECK_THAT(client.receive(), StartsWith(error("not_authenticated")) && Contains(R"("id":1)"));
  CHECK(start(client, "NVR-1") > 0);
}

TEST_CASE("nvr session: 100 bad messages on one socket close it with 4400", "[nvr_session]") {
  ActorServer server;
  WebSocketClient client(server.port, "/ws");
  start(client, "NVR-1");
  client.send(R"({"type":"of a later version"})"); // does not count
  CHECK_THAT(client.receive(), StartsWith(error("bad_message")));
  for (int i = 0; i < 99; ++i) {
    client.send(i % 2 == 0 ? "{" : R"({"type":"heartbeat","id":[]})");
    REQUIRE_THAT(client.receive(), StartsWith(error(i % 2 == 0 ? "bad_json" : "bad_message")));
  }
  client.send(heartbeat("online", 1)); // still open
  REQUIRE_THAT(client.receive(), StartsWith(R"({"type":"ack","id":1,)"));
  client.send_frame(2, "binary");
  CHECK_THAT(client.receive(), StartsWith(error("bad_message")));
  CHECK(client.receive() == "close 4400");
  CHECK(client.receive() == "end");
}

TEST_CASE("nvr session: a second auth acts as a heartbeat; for another hostname it is refused", "[nvr_session]") {
  ActorServer server;
  WebSocketClient client(server.port, "/ws");
  start(client, "NVR-1");
  client.send(auth("NVR-2"));
  CHECK_THAT(client.receive(), StartsWith(error("bad_message")) && Contains("NVR-1"));
  client.send(R"({"type":"auth","hostname":"NVR-1","id":1})");
  CHECK_THAT(client.receive(), StartsWith(R"({"type":"ack","id":1,)"));
  CHECK(server.wait_for_level(&metrics::NetCounters::nvr_sessions, 1));
}

TEST_CASE("nvr session: invalid UTF-8 closes it with 1007, and nothing of the message is applied", "[nvr_session]") {
  ActorServer server;
  WebSocketClient client(server.port, "/ws");
  client.send("{\"type\":\"auth\",\"hostname\":\"NVR-\xFF\"}");
  CHECK(client.receive() == "close 1007");
  CHECK(client.receive() == "end");
  CHECK(server.last_event().empty());
}

TEST_CASE("nvr session: a message over the limit closes it with 1009; at the limit it is accepted", "[nvr_session]") {
  NetOptions options;
  options.websockets.max_message = 1000;
  ActorServer server(std::move(options));
  WebSocketClient client(server.port, "/ws");
  std::string text = auth("NVR-1");
  text.resize(1000, ' ');
  client.send(text);
  CHECK_THAT(client.receive(), StartsWith(R"({"type":"auth_ok",)"));
  client.send(text + ' ');
  CHECK_THAT(client.receive(), StartsWith(error("too_large")));
  CHECK(client.receive() == "close 1009");
  CHECK(client.receive() == "end");
}

TEST_CASE("nvr session: a newer session closes the older one with 4409, whose messages then change nothing",
          "[nvr_session]") {
  ActorServer server;
  WebSocketClient older(server.port, "/ws");
  const std::uint64_t first = start(older, "NVR-1");
  WebSocketClient newer(server.port, "/ws");
  CHECK(start(newer, "NVR-1") > first);
  const std::string before = server.last_event();

  older.send(heartbeat("offline", 1));
  CHECK(older.receive() == "close 4409"); // without an ack
  older.send(heartbeat("offline", 2));
  CHECK(older.receive() == "end"); // all that it sent has been read
  newer.send(heartbeat("online", 3));
  CHECK_THAT(newer.receive(), StartsWith(R"({"type":"ack","id":3,)") && Contains(R"("cameras_updated":0)"));
  CHECK(server.last_event() == before);
  CHECK(server.wait_for_level(&metrics::NetCounters::nvr_sessions, 1));
}

TEST_CASE("nvr session: a socket that does not answer a ping is closed with 4408, and its NVR goes offline",
          "[nvr_session]") {
  NetOptions options;
  options.timeouts.heartbeat = std::chrono::milliseconds(400);
  ActorServer server(std::move(options));
  WebSocketClient client(server.port, "/ws", {.answers_pings = false});
  start(client, "NVR-1"); // events 1 and 2: registered, nvr_online
  CHECK(client.receive() == "ping");
  CHECK(client.receive() == "close 4408");
  CHECK(client.receive() == "end");
  CHECK(server.wait_for_event("3 nvr_offline timeout"));
}

TEST_CASE("nvr session: when its socket closes, the NVR goes offline", "[nvr_session]") {
  ActorServer server;
  WebSocketClient client(server.port, "/ws");
  start(client, "NVR-1");
  const std::uint64_t seq = number_of("\"seq\":" + server.last_event(), "seq");
  client.send_frame(8, "\x03\xE8");
  CHECK(client.receive() == "close 1000");
  CHECK(client.receive() == "end");
  CHECK(server.wait_for_event(std::to_string(seq + 1) + " nvr_offline closed"));
}
