#include "net/dashboard/pages.hpp"

#include <catch2/catch.hpp>

using namespace nvrhub;
using namespace nvrhub::net;

namespace {

actors::Chunk chunk(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

/// Reads pages as a dashboard does.
struct Reader {
  explicit Reader(SnapshotPages& its) : pages(its) {}

  SnapshotPages& pages;
  std::string read;
  std::size_t next = 0;
  int woken = 0;

  Pages::State take() {
    actors::Chunk page;
    const Pages::State state = pages.get(next, page, [this] { ++woken; });
    if (state == Pages::State::ready) {
      ++next;
      read += *page;
    }
    return state;
  }
};

} // namespace

TEST_CASE("pages: each reader gets all of them in order, waits for those not made yet, and then gets the end") {
  using State = Pages::State;
  const auto sum = std::make_shared<std::atomic<std::size_t>>(0);
  SnapshotPages pages(sum);
  Reader early(pages);
  CHECK(early.take() == State::later);
  CHECK(early.woken == 0);
  pages.add(chunk("a"));
  CHECK(early.woken == 1);
  CHECK(early.take() == State::ready);
  CHECK(early.take() == State::later);
  pages.add(chunk("bc"));
  CHECK(pages.bytes() == 3);
  CHECK_FALSE(pages.is_finished());
  pages.finish();
  CHECK(early.woken == 2); // once for each State::later
  CHECK(pages.is_finished());

  Reader late(pages);
  for (Reader* reader : {&early, &late}) {
    while (reader->take() == State::ready) {
    }
    CHECK(reader->take() == State::end);
    CHECK(reader->read == "abc");
  }
}

TEST_CASE("pages: failed pages are freed, and every reader gets State::failed") {
  using State = Pages::State;
  const auto sum = std::make_shared<std::atomic<std::size_t>>(0);
  SnapshotPages pages(sum);
  pages.add(chunk("a"));
  Reader behind(pages);
  Reader waiting(pages);
  CHECK(waiting.take() == State::ready);
  CHECK(waiting.take() == State::later);
  pages.fail();
  CHECK(waiting.woken == 1);
  CHECK(waiting.take() == State::failed);
  CHECK(behind.take() == State::failed);
  CHECK(pages.bytes() == 0);
}
