#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <vector>

#include "app/watch/store_watch.hpp"

using namespace nvrhub;
using namespace std::chrono_literals;

TEST_CASE("StoreWatch: logs once that the store does not answer, and once that it answers again") {
  std::vector<std::string> lines;
  const actors::Log log([&](actors::Level, std::string_view kind, std::string_view, std::span<const actors::Field>) {
    lines.emplace_back(kind);
  });
  store::PendingOperations operations;
  app::StoreWatch watch(operations, log);
  const store::PendingOperations::Time begin{1h};
  std::optional<store::PendingOperations::Operation> operation;
  operation.emplace(operations, begin);
  for (auto now = begin; now < begin + 5s; now += 200ms)
    watch.check(now);
  CHECK(lines.empty());
  for (auto now = begin + 5s; now < begin + 1min; now += 200ms)
    watch.check(now);
  CHECK(lines == std::vector<std::string>{"store_hangs"});
  operation.reset();
  watch.check(begin + 1min);
  watch.check(begin + 2min);
  CHECK(lines == std::vector<std::string>{"store_hangs", "store"});

  // The process was stopped and continues: the operation ends before the next check.
  operation.emplace(operations, begin + 2min);
  watch.check(begin + 3min);
  operation.reset();
  watch.check(begin + 3min + 200ms);
  CHECK(lines.size() == 2);
}
