#include "net/websocket/send_queue.hpp"

#include <random>

#include <catch2/catch.hpp>

using namespace nvrhub::net;

namespace {

Frame bytes(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

std::string gathered(const SendQueue& send_queue, std::size_t max_frames) {
  std::vector<iovec> room(max_frames);
  std::string text;
  for (const iovec& frame : send_queue.gather(room))
    text.append(static_cast<const char*>(frame.iov_base), frame.iov_len);
  return text;
}

std::string waiting(const SendQueue& send_queue) {
  return gathered(send_queue, 10'000);
}

} // namespace

TEST_CASE("send queue: frames are kept in order") {
  SendQueue send_queue;
  CHECK(send_queue.empty());
  CHECK(gathered(send_queue, 8).empty());
  send_queue.push(bytes("one"));
  send_queue.push(bytes("two"));
  send_queue.push(bytes("three"));
  CHECK_FALSE(send_queue.empty());
  CHECK(send_queue.bytes() == 11);
  CHECK(waiting(send_queue) == "onetwothree");
  CHECK(gathered(send_queue, 2) == "onetwo");
  send_queue.consume(6);
  CHECK(waiting(send_queue) == "three");
  send_queue.consume(5);
  CHECK(send_queue.empty());
  CHECK(send_queue.bytes() == 0);
}

TEST_CASE("send queue: a frame may be sent in parts") {
  SendQueue send_queue;
  send_queue.push(bytes("hello"));
  send_queue.push(bytes("world"));
  send_queue.consume(2);
  CHECK(waiting(send_queue) == "lloworld");
  CHECK(send_queue.bytes() == 8);
  CHECK(gathered(send_queue, 1) == "llo");
  send_queue.consume(5); // the rest, and some of the next
  CHECK(waiting(send_queue) == "rld");
  CHECK(send_queue.bytes() == 3);
}

TEST_CASE("send queue: dropping keeps the frame whose sending has begun") {
  SendQueue send_queue;
  for (const char* text : {"abc", "def", "ghi"})
    send_queue.push(bytes(text));
  SECTION("nothing sent") {
    send_queue.drop_unsent();
    CHECK(send_queue.empty());
    CHECK(send_queue.bytes() == 0);
  }
  SECTION("in the middle of one") {
    send_queue.consume(4);
    send_queue.drop_unsent();
    CHECK(waiting(send_queue) == "ef");
    CHECK(send_queue.bytes() == 2);
  }
  SECTION("between two") {
    send_queue.consume(3);
    send_queue.drop_unsent();
    CHECK(send_queue.empty());
    CHECK(send_queue.bytes() == 0);
  }
  const std::string before = waiting(send_queue);
  send_queue.push(bytes("xyz"));
  CHECK(waiting(send_queue) == before + "xyz");
}

TEST_CASE("send queue: frames are released once they are sent") {
  SendQueue send_queue;
  const Frame shared = bytes("all sockets have this");
  send_queue.push(shared);
  send_queue.push(bytes("next"));
  CHECK(shared.use_count() == 2);
  send_queue.consume(shared->size());
  CHECK(shared.use_count() == 1);
}

TEST_CASE("send queue: the bytes keep their order, whatever is pushed and sent") {
  std::mt19937 random(7);
  SendQueue send_queue;
  std::string in, out;
  std::size_t pushed = 0;
  while (pushed < 3'000 || !send_queue.empty()) {
    if (pushed < 3'000 && random() % 2 == 0) {
      for (auto n = random() % 200; n > 0; --n, ++pushed) { // past where it compacts
        const std::string text(1 + random() % 9, static_cast<char>('a' + pushed % 26));
        in += text;
        send_queue.push(bytes(text));
      }
    } else {
      const std::string next = gathered(send_queue, 1 + random() % 100);
      const std::size_t taken = next.empty() ? 0 : random() % (next.size() + 1);
      out += next.substr(0, taken);
      send_queue.consume(taken);
    }
    REQUIRE(send_queue.bytes() == in.size() - out.size());
  }
  CHECK(out == in);
}

TEST_CASE("send queue: the length of a text frame has the form that RFC 6455 requires") {
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

TEST_CASE("send queue: a frame of which a part was sent is not dropped", "[send_queue]") {
  SendQueue out;
  out.push(bytes("abc"));
  out.push(bytes("defg"));
  out.push(bytes("hi"));
  out.consume(4);
  out.drop_unsent();
  CHECK(out.bytes() == 3);
  out.consume(3);
  CHECK(out.empty());
}
