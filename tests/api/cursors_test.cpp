#include "api/query/cursors.hpp"

#include <set>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "store/memory_backend.hpp"

using namespace nvrhub;
using api::Cursors;

namespace {

struct Library {
  std::unique_ptr<store::Store> store = std::move(*store::Store::open(store::make_memory_backend()));
  Cursors cursors;

  Cursors::KeptPtr snapshot() const { return std::make_shared<Cursors::Kept>(*store->snapshot()); }
};

} // namespace

TEST_CASE("cursors: a token finds its snapshot, repeatedly") {
  Library library;
  const auto one = library.snapshot();
  const auto two = library.snapshot();
  const std::string first = library.cursors.keep(one);
  const std::string second = library.cursors.keep(two);
  CHECK(first != second);
  CHECK(library.cursors.find(second) == two);
  CHECK(library.cursors.find(first) == one);
  CHECK(library.cursors.find(first) == one);
}

TEST_CASE("cursors: the same snapshot may be kept twice") {
  Library library;
  const auto one = library.snapshot();
  CHECK(library.cursors.keep(one) != library.cursors.keep(one));
}

TEST_CASE("cursors: an unknown token finds nothing") {
  Library library;
  library.cursors.keep(library.snapshot());
  CHECK(library.cursors.find("") == nullptr);
  CHECK(library.cursors.find("0") == nullptr);
}

TEST_CASE("cursors: only the newest 32 are kept") {
  Library library;
  std::vector<std::weak_ptr<Cursors::Kept>> snapshots;
  std::vector<std::string> tokens;
  for (int i = 0; i < 40; ++i) {
    auto snapshot = library.snapshot();
    snapshots.push_back(snapshot);
    tokens.push_back(library.cursors.keep(std::move(snapshot)));
  }
  CHECK(std::set<std::string>(tokens.begin(), tokens.end()).size() == 40);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    INFO(i);
    CHECK((library.cursors.find(tokens[i]) != nullptr) == (i >= 8));
    CHECK(snapshots[i].expired() == (i < 8)); // the old pages of the store are free again
  }
}

TEST_CASE("cursors: clear drops all") {
  Library library;
  auto snapshot = library.snapshot();
  const std::weak_ptr<Cursors::Kept> watched = snapshot;
  const std::string token = library.cursors.keep(std::move(snapshot));
  library.cursors.clear();
  CHECK(watched.expired());
  CHECK(library.cursors.find(token) == nullptr);
}

TEST_CASE("cursors: an expired snapshot is dropped without another request") {
  Library library;
  Cursors cursors(std::chrono::milliseconds(1));
  CHECK(cursors.begin_watch());
  CHECK_FALSE(cursors.begin_watch()); // another caller does already
  auto snapshot = library.snapshot();
  const std::weak_ptr<Cursors::Kept> watched = snapshot;
  const std::string token = cursors.keep(std::move(snapshot));
  while (cursors.expire())
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(watched.expired());
  CHECK(cursors.find(token) == nullptr);
  CHECK(cursors.begin_watch()); // nothing was left to watch
}

TEST_CASE("cursors: a snapshot that has not expired stays") {
  Library library;
  const std::string token = library.cursors.keep(library.snapshot());
  CHECK(library.cursors.expire());
  CHECK(library.cursors.find(token) != nullptr);
}
