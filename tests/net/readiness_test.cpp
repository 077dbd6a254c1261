#include "net/readiness.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include <boost/asio/error.hpp>
#include <catch2/catch.hpp>

#include "net/plain_socket.hpp"

using namespace nvrhub::net;

namespace {

/// A connection, one end watched.
class Pair final : public Watched {
public:
  explicit Pair(Readiness& readiness) : readiness_(readiness) {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
    ours = PlainSocket(ends[0]);
    theirs = PlainSocket(ends[1]);
    REQUIRE(readiness.watch(ours.descriptor(), *this));
  }
  ~Pair() { readiness_.forget(ours.descriptor(), *this); }

  void say(std::string text) const {
    boost::system::error_code error;
    std::array<iovec, 1> bytes{iovec{text.data(), text.size()}};
    REQUIRE(theirs.write_some(bytes, error) == text.size());
  }
  std::string hear(std::size_t most = 1024) const {
    std::string bytes(most, '\0');
    boost::system::error_code error;
    bytes.resize(ours.read_some(bytes, error));
    return bytes;
  }
  void on_ready(Ready ready) override {
    told.push_back(ready);
    if (then) then();
  }
  /// What it was told of since the last call.
  std::vector<Ready> news() { return std::exchange(told, {}); }

  PlainSocket ours, theirs;
  std::vector<Ready> told;
  std::function<void()> then;

private:
  Readiness& readiness_;
};

struct Thread {
  Readiness readiness;
  int turns = 0;
  /// As an I/O thread would, until nothing is left to do.
  void run() {
    for (pollfd poll{readiness.descriptor(), POLLIN, 0}; ::poll(&poll, 1, 0) > 0;)
      readiness.run([this] { ++turns; });
  }
};

} // namespace

TEST_CASE("readiness: each is told once of what came, with a turn behind it", "[readiness]") {
  Thread thread;
  Pair a(thread.readiness), b(thread.readiness);
  thread.run();
  for (Pair* pair : {&a, &b}) { // from the beginning it takes bytes
    const auto news = pair->news();
    REQUIRE(news.size() == 1);
    CHECK(news[0].writable);
    CHECK_FALSE(news[0].readable);
  }
  a.say("to a");
  thread.turns = 0;
  thread.run();
  CHECK(b.news().empty());
  auto news = a.news();
  REQUIRE(news.size() == 1);
  CHECK(news[0].readable);
  CHECK_FALSE(news[0].hung_up);
  CHECK(thread.turns == 1);
  CHECK(a.hear() == "to a");
  thread.run();
  CHECK(a.news().empty());
  a.say("again");
  b.say("both");
  thread.run();
  CHECK(a.news().size() == 1);
  CHECK(b.news().size() == 1);
}

TEST_CASE("readiness: an end is told of, behind bytes that are unread", "[readiness]") {
  Thread thread;
  Pair pair(thread.readiness);
  thread.run();
  pair.news();
  pair.say("last words");
  SECTION("of one who may still listen") {
    pair.theirs.shutdown_send();
  }
  SECTION("of one who has gone") {
    pair.theirs.close();
  }
  thread.run();
  const auto news = pair.news();
  REQUIRE_FALSE(news.empty());
  CHECK(news.back().readable);
  CHECK(news.back().hung_up);
  CHECK(pair.hear() == "last words");
  CHECK(pair.hear().empty());
}

TEST_CASE("readiness: a socket that was full tells when it takes more", "[readiness]") {
  Thread thread;
  Pair pair(thread.readiness);
  std::string piece(1 << 16, 'x');
  boost::system::error_code error;
  std::array<iovec, 1> bytes{iovec{piece.data(), piece.size()}};
  std::size_t sent = 0;
  while (!error)
    sent += pair.ours.write_some(bytes, error);
  CHECK(error == boost::asio::error::would_block);
  thread.run();
  pair.news();
  for (std::size_t got = 0; got < sent;)
    got += pair.theirs.read_some(piece, error);
  thread.run();
  const auto news = pair.news();
  REQUIRE_FALSE(news.empty());
  CHECK(news.back().writable);
}

TEST_CASE("readiness: what was forgotten meanwhile is told nothing", "[readiness]") {
  Thread thread;
  auto a = std::make_unique<Pair>(thread.readiness), b = std::make_unique<Pair>(thread.readiness);
  thread.run();
  a->news(), b->news();
  int told = 0;
  a->then = [&] { // whichever comes first ends the other
    ++told;
    b.reset();
  };
  b->then = [&] {
    ++told;
    a.reset();
  };
  a->say("x");
  b->say("x");
  thread.run();
  CHECK(told == 1);
}

TEST_CASE("readiness: what was forgotten is told nothing, though another process still has its socket", "[readiness]") {
  Thread thread;
  auto pair = std::make_unique<Pair>(thread.readiness);
  thread.run();
  const PlainSocket child(::dup(pair->ours.descriptor()));
  const PlainSocket theirs = std::move(pair->theirs);
  pair.reset();
  std::string text = "x";
  std::array<iovec, 1> bytes{iovec{text.data(), text.size()}};
  boost::system::error_code error;
  REQUIRE(theirs.write_some(bytes, error) == 1);
  thread.turns = 0;
  thread.run();
  CHECK(thread.turns == 0);
}

TEST_CASE("readiness: more than one look tells of come with the next ones", "[readiness]") {
  Thread thread;
  std::vector<std::unique_ptr<Pair>> pairs;
  for (int i = 0; i < 300; ++i)
    pairs.push_back(std::make_unique<Pair>(thread.readiness));
  thread.run();
  for (const auto& pair : pairs)
    pair->news(), pair->say("x");
  thread.run();
  for (const auto& pair : pairs)
    CHECK(pair->news().size() == 1);
}

TEST_CASE("plain socket: what it can't do it says", "[readiness]") {
  Thread thread;
  Pair pair(thread.readiness);
  boost::system::error_code error;
  std::string room(8, '\0');
  CHECK(pair.ours.read_some(room, error) == 0);
  CHECK(error == boost::asio::error::would_block);
  CHECK(pair.ours.unread_bytes() == 0);
  pair.say("abc");
  CHECK(pair.ours.unread_bytes() == 3);
  CHECK(pair.ours.read_some(room, error) == 3);
  CHECK_FALSE(error);
  pair.theirs.close();
  CHECK(pair.ours.read_some(room, error) == 0);
  CHECK(error == boost::asio::error::eof);
  std::array<iovec, 1> bytes{iovec{room.data(), room.size()}};
  CHECK(pair.ours.write_some(bytes, error) == 0);
  CHECK(error == boost::asio::error::broken_pipe); // and no SIGPIPE
  pair.ours.close();
  CHECK_FALSE(pair.ours.is_open());
  CHECK(pair.ours.write_some(bytes, error) == 0);
  CHECK(error);
}
