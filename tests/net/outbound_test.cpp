#include "net/outbound.hpp"

#include <random>

#include <catch2/catch.hpp>

using namespace nvrhub::net;

namespace {

Frame bytes(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

std::string gathered(const Outbound& outbound, std::size_t most_frames) {
  std::vector<iovec> room(most_frames);
  std::string text;
  for (const iovec& frame : outbound.gather(room))
    text.append(static_cast<const char*>(frame.iov_base), frame.iov_len);
  return text;
}

std::string waiting(const Outbound& outbound) {
  return gathered(outbound, 10'000);
}

} // namespace

TEST_CASE("outbound: frames wait in order") {
  Outbound outbound;
  CHECK(outbound.empty());
  CHECK(gathered(outbound, 8).empty());
  outbound.push(bytes("one"));
  outbound.push(bytes("two"));
  outbound.push(bytes("three"));
  CHECK_FALSE(outbound.empty());
  CHECK(outbound.bytes() == 11);
  CHECK(waiting(outbound) == "onetwothree");
  CHECK(gathered(outbound, 2) == "onetwo");
  outbound.consume(6);
  CHECK(waiting(outbound) == "three");
  outbound.consume(5);
  CHECK(outbound.empty());
  CHECK(outbound.bytes() == 0);
}

TEST_CASE("outbound: the socket may take a part of a frame") {
  Outbound outbound;
  outbound.push(bytes("hello"));
  outbound.push(bytes("world"));
  outbound.consume(2);
  CHECK(waiting(outbound) == "lloworld");
  CHECK(outbound.bytes() == 8);
  CHECK(gathered(outbound, 1) == "llo");
  outbound.consume(5); // the rest, and some of the next
  CHECK(waiting(outbound) == "rld");
  CHECK(outbound.bytes() == 3);
}

TEST_CASE("outbound: a frame that has begun is finished, the others can be dropped") {
  Outbound outbound;
  for (const char* text : {"abc", "def", "ghi"})
    outbound.push(bytes(text));
  SECTION("nothing sent") {
    outbound.drop_unsent();
    CHECK(outbound.empty());
    CHECK(outbound.bytes() == 0);
  }
  SECTION("in the middle of one") {
    outbound.consume(4);
    outbound.drop_unsent();
    CHECK(waiting(outbound) == "ef");
    CHECK(outbound.bytes() == 2);
  }
  SECTION("between two") {
    outbound.consume(3);
    outbound.drop_unsent();
    CHECK(outbound.empty());
    CHECK(outbound.bytes() == 0);
  }
  const std::string before = waiting(outbound);
  outbound.push(bytes("xyz"));
  CHECK(waiting(outbound) == before + "xyz");
}

TEST_CASE("outbound: frames are let go once they are sent") {
  Outbound outbound;
  const Frame shared = bytes("all sockets have this");
  outbound.push(shared);
  outbound.push(bytes("next"));
  CHECK(shared.use_count() == 2);
  outbound.consume(shared->size());
  CHECK(shared.use_count() == 1);
}

TEST_CASE("outbound: whatever is pushed and taken, the bytes come out in order") {
  std::mt19937 random(7);
  Outbound outbound;
  std::string in, out;
  std::size_t pushed = 0;
  while (pushed < 3'000 || !outbound.empty()) {
    if (pushed < 3'000 && random() % 2 == 0) {
      for (auto n = random() % 200; n > 0; --n, ++pushed) { // past where it compacts
        const std::string text(1 + random() % 9, static_cast<char>('a' + pushed % 26));
        in += text;
        outbound.push(bytes(text));
      }
    } else {
      const std::string next = gathered(outbound, 1 + random() % 100);
      const std::size_t taken = next.empty() ? 0 : random() % (next.size() + 1);
      out += next.substr(0, taken);
      outbound.consume(taken);
    }
    REQUIRE(outbound.bytes() == in.size() - out.size());
  }
  CHECK(out == in);
}

TEST_CASE("outbound: a text frame's length takes the form that RFC 6455 asks for") {
  const auto header = [](std::size_t size) {
    const Frame frame = text_frame(std::string(size, 'x'));
    REQUIRE(frame->size() > size);
    CHECK(frame->substr(frame->size() - size) == std::string(size, 'x'));
    return frame->substr(0, frame->size() - size);
  };
  using namespace std::string_literals;
  CHECK(header(0) == "\x81\x00"s);
  CHECK(header(125) == "\x81\x7D"s);
  CHECK(header(126) == "\x81\x7E\x00\x7E"s);
  CHECK(header(65'535) == "\x81\x7E\xFF\xFF"s);
  CHECK(header(65'536) == "\x81\x7F\x00\x00\x00\x00\x00\x01\x00\x00"s);
}

TEST_CASE("what was copied counts as under way", "[outbound]") {
  Outbound out;
  out.push(bytes("abc"));
  out.push(bytes("defg"));
  out.push(bytes("hi"));
  out.consume(1);
  CHECK(out.copy(4) == "bcde");
  out.drop_unsent(); // the first two are being sent, or part of them
  CHECK(out.bytes() == 6);
  out.consume(4);
  CHECK(out.copy(100) == "fg");
  out.consume(2);
  CHECK(out.empty());
  CHECK(out.copy(100).empty());
}
