#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "log/etcd/grpc.hpp"
#include "log/etcd/http2_session.hpp"

using namespace nvrhub::log;
using namespace nvrhub::log::etcd;

TEST_CASE("gRPC messages are cut out of a stream in any pieces", "[log][grpc]") {
  std::mt19937 random(Catch::rngSeed());
  const std::vector<std::string> sent{"", "one", std::string(70'000, 'x'), "four"};
  std::string stream;
  for (const std::string& message : sent)
    stream += frame_message(message);
  for (int round = 0; round < 50; ++round) {
    MessageAssembler assembler;
    std::vector<std::string> received;
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t size = std::min<std::size_t>(random() % 20'000, stream.size() - at);
      REQUIRE(assembler.add(std::string_view(stream).substr(at, size), received));
      at += size;
    }
    CHECK(received == sent);
  }
}

TEST_CASE("a gRPC message over the limit or compressed is refused before it is received", "[log][grpc]") {
  std::vector<std::string> received;
  const std::string most = {'\0', '\0', '\x7f', '\xff', '\xff'};
  const std::string longer = {'\0', '\0', '\x80', '\0', '\x01'};
  const std::string compressed = {'\x01', '\0', '\0', '\0', '\x01', 'x'};
  CHECK(MessageAssembler().add(most, received));
  CHECK(MessageAssembler().add(longer, received).error().code == Errc::malformed);
  CHECK(MessageAssembler().add(compressed, received).error().code == Errc::malformed);
  CHECK(received.empty());
}

TEST_CASE("a gRPC status is a number, anything else is unknown", "[log][grpc]") {
  CHECK(parse_status("0") == StatusCode::ok);
  CHECK(parse_status("14") == StatusCode::unavailable);
  for (const char* text : {"", "x", "1x", "-1", "256", "99999999999"})
    CHECK(parse_status(text) == StatusCode::unknown);
}

TEST_CASE("random bytes of a peer end an HTTP/2 session with an error or are no event", "[log][http2]") {
  std::mt19937 random(Catch::rngSeed());
  const std::string settings{'\0', '\0', '\0', '\x04', '\0', '\0', '\0', '\0', '\0'};
  for (int round = 0; round < 2'000; ++round) {
    Http2Session session;
    const auto stream = session.open({{":method", "POST"}, {":scheme", "http"}, {":path", "/x"}, {":authority", "a"}});
    REQUIRE(stream);
    session.send(*stream, frame_message("request"), false);
    std::string out;
    REQUIRE(session.produce(out, 1 << 20));
    std::vector<Http2Event> events;
    REQUIRE(session.receive(settings, events));
    std::string frame{'\0', '\0'};
    frame += static_cast<char>(random() % 64); // a short length, a known type, a low stream: deep into the parser
    frame += static_cast<char>(random() % 12);
    frame += static_cast<char>(random());
    frame += {'\0', '\0', '\0', static_cast<char>(random() % 3)};
    for (int i = 0; i < 64; ++i)
      frame += static_cast<char>(random());
    if (session.receive(frame, events)) (void)session.produce(out, 1 << 20);
  }
}

TEST_CASE("a stream that was reset sends nothing more", "[log][http2]") {
  Http2Session session;
  const auto stream = session.open({{":method", "POST"}, {":scheme", "http"}, {":path", "/x"}, {":authority", "a"}});
  std::string out;
  REQUIRE(session.produce(out, 1 << 20));
  session.reset(*stream);
  session.send(*stream, "late data", true);
  out.clear();
  REQUIRE(session.produce(out, 1 << 20));
  CHECK(out.find("late data") == std::string::npos);
}
