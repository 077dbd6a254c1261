#include "net/websocket/frames.hpp"

#include <limits>
#include <random>

#include <catch2/catch.hpp>

#include "net/support/frame_sequence.hpp"

using namespace nvrhub::net;
using namespace nvrhub::net::test;

namespace {

constexpr std::size_t most = 1 << 20;
enum Opcode : unsigned { continuation = 0, text = 1, binary = 2, closing = 8, ping = 9, pong = 10 };

std::size_t whole() {
  return std::numeric_limits<std::size_t>::max();
}

/// In one piece, and byte by byte.
Heard heard(const std::string& bytes, std::size_t limit = most) {
  Heard at_once = heard_by_reader(bytes, limit, whole);
  CHECK(heard_by_reader(bytes, limit, [] { return std::size_t{1}; }) == at_once);
  return at_once;
}

const Heard broken{"broken"};

/// Frames that a client may send, and some that it must not send.
std::string random_bytes(std::mt19937& random) {
  const auto pick = [&random](std::size_t count) { return static_cast<std::size_t>(random() % count); };
  std::string bytes;
  bool in_message = false;
  for (std::size_t frames = 1 + pick(6); frames > 0; --frames) {
    static const std::vector<std::size_t> sizes{0, 1, 5, 124, 125, 126, 127, 300, 65'535, 65'536};
    std::string payload(sizes[pick(pick(8) == 0 ? sizes.size() : 5)], 'x');
    for (char& c : payload)
      c = static_cast<char>(pick(40) == 0 ? random() : 'a' + pick(26));
    unsigned opcode = static_cast<unsigned>(pick(12) == 0 ? pick(16) : in_message ? 0 : 1 + pick(2));
    bool final = pick(3) != 0;
    if (pick(4) == 0) {
      opcode = static_cast<unsigned>(ping + pick(2));
      payload.resize(std::min<std::size_t>(payload.size(), 125));
      final = true;
    } else if (opcode < closing) {
      in_message = !final;
    }
    if (pick(12) == 0) {
      opcode = closing;
      payload.resize(pick(6));
      if (payload.size() >= 2) payload[0] = static_cast<char>(3 + pick(14)), payload[1] = static_cast<char>(random());
    }
    std::string frame = client_frame(opcode, payload, final, static_cast<std::uint32_t>(random()));
    if (pick(15) == 0) frame[pick(2)] ^= static_cast<char>(1U << pick(8));
    bytes += frame;
  }
  bytes.resize(bytes.size() - (pick(4) == 0 ? pick(bytes.size()) : 0));
  return bytes;
}

} // namespace

TEST_CASE("frames: messages are reassembled, however they were split") {
  CHECK(heard(client_frame(text, "hello")) == Heard{"text hello"});
  CHECK(heard(client_frame(text, "")) == Heard{"text "});
  CHECK(heard(client_frame(binary, "b") + client_frame(text, "t")) == Heard{"binary b", "text t"});
  CHECK(heard(client_frame(text, "a", false) + client_frame(continuation, "", false) +
              client_frame(continuation, "b")) == Heard{"text ab"});
  CHECK(heard(client_frame(text, "", false) + client_frame(continuation, "b")) == Heard{"text b"});
  for (const std::size_t size : {125U, 126U, 65'535U, 65'536U, 100'000U}) {
    const std::string payload(size, 'x');
    CHECK(heard(client_frame(text, payload)) == Heard{"text " + payload});
  }
}

TEST_CASE("frames: control frames may come between the frames of a message") {
  CHECK(heard(client_frame(text, "a", false) + client_frame(ping, "p") + client_frame(continuation, "b", false) +
              client_frame(pong, "") + client_frame(continuation, "c")) == Heard{"ping p", "pong ", "text abc"});
  CHECK(heard(client_frame(text, "a", false) + client_frame(closing, {"\x03\xE8!", 3})) == Heard{"close 1000 !"});
}

TEST_CASE("frames: nothing is read after a close or a broken frame") {
  CHECK(heard(client_frame(closing, "") + client_frame(text, "late")) == Heard{"close 0 "});
  CHECK(heard(client_frame(continuation, "x") + client_frame(text, "late")) == broken);
}

TEST_CASE("frames: violations of RFC 6455 are reported as broken") {
  const auto with = [](std::size_t at, unsigned bits, std::string frame) {
    frame[at] = static_cast<char>(static_cast<unsigned char>(frame[at]) ^ bits);
    return frame;
  };
  CHECK(heard(with(1, 0x80, client_frame(text, "x"))) == broken);
  for (const unsigned reserved : {0x40U, 0x20U, 0x10U})
    CHECK(heard(with(0, reserved, client_frame(text, "x"))) == broken);
  for (const unsigned opcode : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U})
    CHECK(heard(client_frame(opcode, "x")) == broken);
  CHECK(heard(client_frame(continuation, "x")) == broken);
  CHECK(heard(client_frame(text, "x", false) + client_frame(text, "y")) == broken);
  CHECK(heard(client_frame(ping, "x", false)) == broken);
  CHECK(heard(client_frame(ping, std::string(126, 'x'))) == broken);
  CHECK(heard(client_frame(closing, "x")) == broken);
  for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 2999U, 5000U, 65535U}) {
    const std::string payload{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
    CHECK(heard(client_frame(closing, payload)) == broken);
  }
  CHECK(heard(client_frame(closing, "\x03\xE8\xFF")) == Heard{"broken: not UTF-8"});
  CHECK(heard(std::string("\x89\xFE\x00\x01mask.", 9)) == broken); // a ping's length in two bytes
  CHECK(heard(std::string("\x81\xFF\xFF\x00\x00\x00\x00\x00\xFF\xFFmask", 14)) == broken); // 64 bits
}

TEST_CASE("frames: a length may have a longer form than necessary, as some clients send it") {
  const std::string payload(5, 'x');
  const std::string masked = client_frame(text, payload).substr(2); // with its mask
  CHECK(heard(std::string("\x81\xFE\x00\x05", 4) + masked) == Heard{"text " + payload});
  CHECK(heard(std::string("\x81\xFF\x00\x00\x00\x00\x00\x00\x00\x05", 10) + masked) == Heard{"text " + payload});
  CHECK(heard(std::string("\x81\xFE\x00\x00mask", 8) + client_frame(ping, "p")) == Heard{"text ", "ping p"});
  CHECK(heard(std::string("\x81\xFF\x00\x00\x00\x00\x00\x00\xFF\xFFmask", 14), 65'534) == Heard{"too large"});
}

TEST_CASE("frames: a message that is too large is reported once, at its header, and skipped") {
  const std::string ten(10, 'x');
  CHECK(heard(client_frame(text, ten), 10) == Heard{"text " + ten});
  CHECK(heard(client_frame(text, ten + "x") + client_frame(ping, "p"), 10) == Heard{"too large", "ping p"});
  CHECK(heard(client_frame(text, ten, false) + client_frame(continuation, "x") + client_frame(text, "y"), 10) ==
        Heard{"too large"});
  CHECK(heard(client_frame(text, std::string(70'000, 'x')).substr(0, 14), 65'536) == Heard{"too large"});
}

TEST_CASE("frames: an announced length allocates no memory before the bytes arrive") {
  FrameReader reader(most);
  std::string bytes = client_frame(text, std::string(1'000'000, 'x')).substr(0, 1000);
  std::span<char> left(bytes);
  CHECK(reader.next(left).kind == FrameReader::Kind::none);
  CHECK(reader.held() >= 900);
  CHECK(reader.held() <= 2000);
}

TEST_CASE("frames: while messages are skipped only control frames are reported") {
  FrameReader reader(most);
  std::string bytes = client_frame(text, "a", false);
  std::span<char> left(bytes);
  CHECK(reader.next(left).kind == FrameReader::Kind::part);
  reader.skip_messages();
  CHECK(reader.held() < 32);
  std::string more = client_frame(continuation, "b") + client_frame(text, "c") + client_frame(closing, "\x03\xE8");
  left = more;
  CHECK(reader.next(left).kind == FrameReader::Kind::part);
  CHECK(reader.next(left).kind == FrameReader::Kind::part);
  const auto found = reader.next(left);
  CHECK(found.kind == FrameReader::Kind::close);
  CHECK(found.code == 1000);
}

TEST_CASE("frames: Beast reads the same, however the bytes are split") {
  const unsigned seed = Catch::rngSeed() != 0 ? Catch::rngSeed() : std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 3000; ++i) {
    const std::string generated = random_bytes(random);
    const std::string bytes(before_padded_length(generated));
    CAPTURE(i);
    const Heard at_once = heard_by_reader(bytes, most, whole);
    REQUIRE(heard_by_reader(bytes, most, [&random] { return static_cast<std::size_t>(1 + random() % 200); }) ==
            at_once);
    REQUIRE(difference(at_once, heard_by_beast(bytes, most)) == "");
  }
}
