#include "net/reactor/readiness.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include <boost/asio/error.hpp>
#include <catch2/catch.hpp>

#include "net/transport/plain_socket.hpp"

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
  ~Pair() { readiness_.unwatch(ours.descriptor(), *this); }

  void send(std::string text) const {
    boost::system::error_code error;
    std::array<iovec, 1> bytes{iovec{text.data(), text.size()}};
    REQUIRE(theirs.write_some(bytes, error) == text.size());
  }
  std::string receive(std::size_t most = 1024) const {
    std::string bytes(most, '\0');
    boost::system::error_code error;
    bytes.resize(ours.read_some(bytes, error));
    return bytes;
  }
  void on_ready(Ready ready) override {
    reports.push_back(ready);
    if (then) then();
  }
  /// The reports since the last call.
  std::vector<Ready> take_reports() { return std::exchange(reports, {}); }

  PlainSocket ours, theirs;
  std::vector<Ready> reports;
  std::function<void()> then;

private:
  Readiness& readiness_;
};

struct Thread {
  Readiness readiness;
  int turns = 0;
  /// Runs like an I/O thread until nothing is left to do.
  void run() {
    for (pollfd poll{readiness.descriptor(), POLLIN, 0}; ::poll(&poll, 1, 0) > 0;)
      readiness.run([this] { ++turns; });
  }
};

} // namespace

TEST_CASE("readiness: each socket is reported once per change, and a turn follows each report", "[readiness]") {
  Thread thread;
  Pair a(thread.readiness), b(thread.readiness);
  thread.run();
  for (Pair* pair : {&a, &b}) { // writable from the beginning
    const auto news = pair->take_reports();
    REQUIRE(news.size() == 1);
    CHECK(news[0].writable);
    CHECK_FALSE(news[0].readable);
  }
  a.send("to a");
  thread.turns = 0;
  thread.run();
  CHECK(b.take_reports().empty());
  auto news = a.take_reports();
  REQUIRE(news.size() == 1);
  CHECK(news[0].readable);
  CHECK_FALSE(news[0].hung_up);
  CHECK(thread.turns == 1);
  CHECK(a.receive() == "to a");
  thread.run();
  CHECK(a.take_reports().empty());
  a.send("again");
  b.send("both");
  thread.run();
  CHECK(a.take_reports().size() == 1);
  CHECK(b.take_reports().size() == 1);
}

TEST_CASE("readiness: a hang-up is reported even if bytes are unread", "[readiness]") {
  Thread thread;
  Pair pair(thread.readiness);
  thread.run();
  pair.take_reports();
  pair.send("last bytes");
  SECTION("of one who may still listen") {
    pair.theirs.shutdown_send();
  }
  SECTION("of one who has gone") {
    pair.theirs.close();
  }
  thread.run();
  const auto news = pair.take_reports();
  REQUIRE_FALSE(news.empty());
  CHECK(news.back().readable);
  CHECK(news.back().hung_up);
  CHECK(pair.receive() == "last bytes");
  CHECK(pair.receive().empty());
}

TEST_CASE("readiness: a socket that was full is reported when it can be written again", "[readiness]") {
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
  pair.take_reports();
  for (std::size_t got = 0; got < sent;)
    got += pair.theirs.read_some(piece, error);
  thread.run();
  const auto news = pair.take_reports();
  REQUIRE_FALSE(news.empty());
  CHECK(news.back().writable);
}

TEST_CASE("readiness: an object that was unwatched meanwhile is not called", "[readiness]") {
  Thread thread;
  auto a = std::make_unique<Pair>(thread.readiness), b = std::make_unique<Pair>(thread.readiness);
  thread.run();
  a->take_reports(), b->take_reports();
  int reports = 0;
  a->then = [&] { // whichever comes first ends the other
    ++reports;
    b.reset();
  };
  b->then = [&] {
    ++reports;
    a.reset();
  };
  a->send("x");
  b->send("x");
  thread.run();
  CHECK(reports == 1);
}

TEST_CASE("readiness: an unwatched object is not called even if another process still has its socket", "[readiness]") {
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

TEST_CASE("readiness: what exceeds one call is reported by the next ones", "[readiness]") {
  Thread thread;
  std::vector<std::unique_ptr<Pair>> pairs;
  for (int i = 0; i < 300; ++i)
    pairs.push_back(std::make_unique<Pair>(thread.readiness));
  thread.run();
  for (const auto& pair : pairs)
    pair->take_reports(), pair->send("x");
  thread.run();
  for (const auto& pair : pairs)
    CHECK(pair->take_reports().size() == 1);
}

TEST_CASE("plain socket: failures are reported as errors", "[readiness]") {
  Thread thread;
  Pair pair(thread.readiness);
  boost::system::error_code error;
  std::string room(8, '\0');
  CHECK(pair.ours.read_some(room, error) == 0);
  CHECK(error == boost::asio::error::would_block);
  CHECK(pair.ours.unread_bytes() == 0);
  pair.send("abc");
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
