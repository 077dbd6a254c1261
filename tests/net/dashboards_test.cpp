// The hub of the dashboards with real sessions, on I/O threads that the test runs itself: nothing is sent before it
// asks.
#include "net/dashboard/dashboards.hpp"

#include <sys/socket.h>

#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "net/dashboard/dashboard_session.hpp"
#include "net/server_context.hpp"
#include "store/memory_backend.hpp"

using namespace nvrhub;
using namespace nvrhub::net;

namespace {

constexpr std::size_t max_outbound = 200'000;
constexpr std::string_view greeting = "greeting"; // the upgrade, which a session sends first

/// A dashboard on a socketpair.
class Follower {
public:
  Follower(IoThread& thread, ServerContext& context) : thread_(thread) {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
    peer_ = PlainSocket(ends[1]);
    ++context.admission.connections;
    session = std::make_shared<DashboardSession>(
        Stream(Socket(thread.context(), boost::asio::ip::tcp::v4(), ends[0])),
        std::make_shared<const access::Grant>(*context.admission.guard.admit("")), thread, context.dashboard);
    session->start(std::string(greeting), "");
  }
  Follower(Follower&&) = default;
  ~Follower() {
    if (session) session->drop();
  }

  /// Sends what is queued to the peer, which reads all of it.
  void read() {
    std::string buffer(64 * 1024, '\0');
    boost::system::error_code error;
    for (std::size_t count = 1; count > 0;) {
      static_cast<Flushable&>(*session).flush();
      thread_.readiness().run([] {}); // to send more after the socket was full
      count = peer_.read_some(buffer, error);
      received_.append(buffer, 0, count);
    }
  }
  /// What the peer has read, after the greeting.
  std::string received() const { return received_.substr(std::min(received_.size(), greeting.size())); }

  std::shared_ptr<DashboardSession> session;

private:
  IoThread& thread_;
  PlainSocket peer_;
  std::string received_;
};

struct Hub {
  explicit Hub(std::size_t threads = 1) {
    const auto shared = std::make_shared<actors::Shared>();
    NetOptions options;
    options.websockets.max_outbound = max_outbound;
    pool = std::make_unique<IoPool>(threads);
    context = std::make_unique<ServerContext>(*pool, std::move(options), api::Options{}, api::About{}, shared,
                                              std::move(*store::Store::open(store::make_memory_backend())));
  }
  ~Hub() {
    run();
    context->stop_workers();
    pool.reset();
  }
  Follower follow(std::size_t thread = 0) { return {pool->thread(thread), *context}; }
  void run() {
    for (std::size_t i = 0; i < pool->size(); ++i)
      pool->thread(i).context().poll();
  }
  actors::Chunk make(char letter, std::size_t bytes) {
    const std::array<std::string, 1> messages{std::string(bytes, letter)};
    return dashboards().make_chunk(messages);
  }
  void publish(const actors::Chunk& chunk, actors::StreamId stream = actors::legacy_feed) {
    const std::array<actors::Publication, 1> publications{actors::Publication{stream, chunk}};
    dashboards().publish(publications);
    run();
  }
  Dashboards& dashboards() { return context->dashboards; }

  std::unique_ptr<IoPool> pool;
  std::unique_ptr<ServerContext> context;
};

} // namespace

TEST_CASE("dashboards: all followers share a chunk, and it is freed once the last one has sent it", "[dashboards]") {
  Hub hub(2);
  Follower a = hub.follow(0), b = hub.follow(0), c = hub.follow(1);
  actors::Chunk chunk = hub.make('x', 100);
  hub.publish(chunk);
  CHECK(chunk.use_count() == 4); // this one and three send queues: no copy, and no stream keeps it
  const std::size_t bytes = chunk->size();
  const std::string expected = *chunk;
  chunk.reset();
  CHECK(hub.dashboards().waiting_bytes() == bytes);
  a.read();
  b.read();
  CHECK(hub.dashboards().waiting_bytes() == bytes);
  c.read();
  CHECK(hub.dashboards().waiting_bytes() == 0);
  for (const Follower* follower : {&a, &b, &c})
    CHECK(follower->received() == expected);
}

TEST_CASE("dashboards: a stream keeps the chunks that a follower has not queued, and only those", "[dashboards]") {
  Hub hub;
  Follower reader = hub.follow(), slower = hub.follow();
  std::string expected;
  for (const char letter : {'a', 'b', 'c', 'd'}) { // 256 KiB are queued on the socket: the fourth one waits
    const actors::Chunk chunk = hub.make(letter, 99'000);
    expected += *chunk;
    hub.publish(chunk);
    reader.read();
  }
  const std::size_t each = expected.size() / 4;
  CHECK(hub.dashboards().waiting_bytes() == 4 * each);
  CHECK(hub.dashboards().behind(*reader.session, actors::legacy_feed) == 0);
  CHECK(hub.dashboards().behind(*slower.session, actors::legacy_feed) == each);

  slower.read();
  const actors::Chunk last = hub.make('e', 10);
  hub.publish(last);
  CHECK(hub.dashboards().waiting_bytes() == last->size());
  for (Follower* follower : {&reader, &slower}) {
    follower->read();
    CHECK((follower->received() == expected + *last)); // in parentheses: a failure must not print 400 KB
  }
}

TEST_CASE("dashboards: a follower that is too far behind is closed, and another one receives everything",
          "[dashboards]") {
  Hub hub;
  Follower reader = hub.follow(), slow = hub.follow();
  slow.read(); // the greeting is sent, so closing the session does not drop it
  std::string expected;
  for (int i = 0; i < 20; ++i) {
    const actors::Chunk chunk = hub.make(static_cast<char>('a' + i), 99'000);
    expected += *chunk;
    hub.publish(chunk);
    reader.read();
  }
  CHECK(slow.session->is_closing());
  CHECK_FALSE(reader.session->is_closing());
  CHECK(hub.dashboards().size() == 1);
  CHECK(hub.dashboards().waiting_bytes() == 0); // with what was queued on its socket
  CHECK((reader.received() == expected));
  slow.read();
  CHECK(slow.received().substr(0, 1) == "\x88");     // a close frame
  CHECK(slow.received().substr(2, 2) == "\x11\x4D"); // 4429
}

TEST_CASE("dashboards: a follower that leaves in the middle changes nothing for the others", "[dashboards]") {
  Hub hub;
  Follower first = hub.follow(), leaver = hub.follow();
  const actors::Chunk one = hub.make('1', 99'000);
  for (int i = 0; i < 4; ++i)
    hub.publish(one); // the fourth waits in the stream for both
  first.read();
  CHECK(hub.dashboards().size() == 2);
  leaver.session->drop();
  CHECK(hub.dashboards().size() == 1);
  leaver.session->drop(); // not counted twice
  CHECK(hub.dashboards().size() == 1);

  Follower later = hub.follow(); // from here on
  CHECK(hub.dashboards().size() == 2);
  const actors::Chunk two = hub.make('2', 50);
  hub.publish(two);
  first.read();
  later.read();
  CHECK((first.received() == *one + *one + *one + *one + *two));
  CHECK(later.received() == *two);
}

TEST_CASE("dashboards: a follower gets only its stream, and what no one follows is not kept", "[dashboards]") {
  Hub hub(2);
  CHECK(hub.dashboards().size() == 0);
  hub.publish(hub.make('x', 100)); // before any follower
  CHECK(hub.dashboards().waiting_bytes() == 0);
  {
    Follower a = hub.follow(0), b = hub.follow(1);
    CHECK(hub.dashboards().size() == 2);
    hub.publish(hub.make('y', 100), 17);
    CHECK(hub.dashboards().waiting_bytes() == 0);
    const actors::Chunk chunk = hub.make('z', 100);
    hub.publish(chunk);
    for (Follower* follower : {&a, &b}) {
      follower->read();
      CHECK(follower->received() == *chunk);
    }
  }
  CHECK(hub.dashboards().size() == 0);
}
