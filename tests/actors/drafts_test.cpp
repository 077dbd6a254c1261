#include "actors/nvr/drafts.hpp"

#include <string>

#include <catch2/catch.hpp>

using namespace nvrhub;
using actors::Drafts;

namespace {

/// Drafts whose redos and waiters append their names to `calls`.
struct Recorder {
  Drafts drafts;
  std::vector<std::string> calls;

  Drafts::Redo redo(const std::string& name) {
    return [this, name] {
      calls.push_back("redo " + name);
      return true;
    };
  }
  Drafts::Waiter waiter(const std::string& name) {
    return [this, name](const store::Result<fleet::Seq>& head) {
      calls.push_back(name + (head ? " at " + std::to_string(*head) : " refused"));
    };
  }
  void keep(const std::string& name) {
    drafts.keep(redo(name));
    drafts.wait_for_pending(waiter(name));
  }
  std::vector<std::string> call(const std::vector<Drafts::Waiter>& waiters, const store::Result<fleet::Seq>& head) {
    for (const Drafts::Waiter& waiter : waiters)
      waiter(head);
    return std::exchange(calls, {});
  }
  std::vector<std::string> redo_all() {
    for (const Drafts::Redo& redo : drafts.take_again())
      redo();
    return std::exchange(calls, {});
  }
};

using Calls = std::vector<std::string>;
const store::Result<fleet::Seq> refusal = tl::make_unexpected(store::Error{store::Errc::stale, "changed"});

} // namespace

TEST_CASE("drafts: those in flight are answered when they are durable, later ones with the next write") {
  Recorder recorder;
  recorder.keep("a");
  recorder.drafts.sent();
  recorder.keep("b");
  recorder.drafts.wait_for_flight(recorder.waiter("c"));
  CHECK(recorder.call(recorder.drafts.written(), 7) == Calls{"a at 7", "c at 7"});
  CHECK_FALSE(recorder.drafts.empty());
  recorder.drafts.sent();
  CHECK(recorder.call(recorder.drafts.written(), 8) == Calls{"b at 8"});
  CHECK(recorder.drafts.empty());
}

TEST_CASE("drafts: after a stale write all are drafted again in order, without their former waiters") {
  Recorder recorder;
  recorder.keep("a");
  recorder.keep("b");
  recorder.drafts.sent();
  recorder.keep("c");
  REQUIRE(recorder.drafts.retry());
  CHECK(recorder.redo_all() == Calls{"redo a", "redo b", "redo c"});
  CHECK(recorder.drafts.empty());
}

TEST_CASE("drafts: if the state cannot be loaded after a stale write, all who wait are refused") {
  Recorder recorder;
  recorder.keep("a");
  recorder.drafts.sent();
  recorder.keep("b");
  REQUIRE(recorder.drafts.retry());
  CHECK(recorder.call(recorder.drafts.refused(), refusal) == Calls{"a refused", "b refused"});
  CHECK(recorder.drafts.empty());
}

TEST_CASE("drafts: a write is drafted again a limited number of times") {
  Recorder recorder;
  for (unsigned i = 0; i < Drafts::max_attempts; ++i) {
    recorder.keep("a");
    recorder.drafts.sent();
    REQUIRE(recorder.drafts.retry());
    CHECK(recorder.redo_all() == Calls{"redo a"});
  }
  recorder.keep("a");
  recorder.drafts.sent();
  CHECK_FALSE(recorder.drafts.retry());
  CHECK(recorder.call(recorder.drafts.refused(), refusal) == Calls{"a refused"});
  recorder.keep("b"); // another one begins anew
  recorder.drafts.sent();
  CHECK(recorder.drafts.retry());
}

TEST_CASE("drafts: those beyond the limit are forgotten, but who waits is answered") {
  Recorder recorder;
  for (std::size_t i = 0; i <= Drafts::max_kept; ++i)
    recorder.keep(std::to_string(i));
  recorder.drafts.sent();
  CHECK_FALSE(recorder.drafts.retry());
  CHECK(recorder.call(recorder.drafts.refused(), refusal).size() == Drafts::max_kept + 1);
  recorder.keep("next"); // the limit is that of one write
  recorder.drafts.sent();
  CHECK(recorder.drafts.retry());
}

TEST_CASE("drafts: a pending draft that cannot be kept prevents that the one in flight is drafted again") {
  Recorder recorder;
  recorder.keep("a");
  recorder.drafts.sent();
  recorder.drafts.forget();
  recorder.keep("b");
  CHECK_FALSE(recorder.drafts.retry());
  CHECK(recorder.call(recorder.drafts.written(), 3) == Calls{"a at 3"});
  CHECK(recorder.call(recorder.drafts.dropped(), 3) == Calls{"b at 3"});
}

TEST_CASE("drafts: those that are drafted again do not count towards the limit") {
  Recorder recorder;
  for (std::size_t i = 0; i < 2 * Drafts::max_kept; ++i)
    recorder.drafts.keep_again(recorder.redo("a"));
  recorder.drafts.sent();
  REQUIRE(recorder.drafts.retry());
  CHECK(recorder.redo_all().size() == 2 * Drafts::max_kept);
}
