#include "fleet/nvr.hpp"

#include <utility>

#include <catch2/catch.hpp>

#include "fleet/build.hpp"

using namespace nvrhub::fleet;
using namespace nvrhub::fleet::test;

TEST_CASE("cameras are ordered by name") {
  Nvr box;
  box.add("b", "10.0.0.2");
  box.add("c", "");
  box.add("a", "10.0.0.1");
  box.add("B", "");
  CHECK(names(box) == Texts{"B", "a", "b", "c"});
}

TEST_CASE("a camera is added at its place whatever the hint") {
  for (const std::size_t hint : {0U, 1U, 2U, 3U, 1000U}) {
    CAPTURE(hint);
    Nvr box;
    for (const char* name : {"b", "d", "a", "e", "c"})
      CHECK(box.add(name, "", hint).name == name);
    CHECK(names(box) == Texts{"a", "b", "c", "d", "e"});
  }
}

TEST_CASE("an added camera is offline and was never reported") {
  Nvr box;
  const Camera& camera = box.add("a", "10.0.0.1");
  CHECK(camera.name == "a");
  CHECK(camera.ip_address == "10.0.0.1");
  CHECK(camera.status.is_offline());
  CHECK(camera.since == 0);
}

TEST_CASE("a camera is found whatever the hint") {
  const Nvr box = nvr({{"a", "online"}, {"b", "online"}, {"c", "online"}});
  for (const std::size_t hint : {0U, 1U, 2U, 3U, 1000U}) {
    CAPTURE(hint);
    for (const char* name : {"a", "b", "c"}) {
      const Camera* found = box.find(name, hint);
      REQUIRE(found != nullptr);
      CHECK(found->name == name);
    }
    for (const char* name : {"", "A", "aa", "d"})
      CHECK(box.find(name, hint) == nullptr);
  }
  CHECK(Nvr().find("a") == nullptr);
}

TEST_CASE("find() on a mutable NVR returns a mutable camera") {
  Nvr box = nvr({{"a", "online"}, {"b", "online"}});
  box.find("b")->ip_address = "10.0.0.2";
  CHECK(box.cameras[1].ip_address == "10.0.0.2");
}

TEST_CASE("a camera is removed once") {
  Nvr box = nvr({{"a", "online"}, {"b", "online"}, {"c", "online"}});
  CHECK(box.remove("b"));
  CHECK(names(box) == Texts{"a", "c"});
  CHECK_FALSE(box.remove("b"));
  CHECK_FALSE(box.remove("zz"));
  CHECK(names(box) == Texts{"a", "c"});
}
