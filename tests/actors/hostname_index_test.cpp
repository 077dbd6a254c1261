#include "actors/hostname_index.hpp"

#include <string>

#include <catch2/catch.hpp>

using nvrhub::actors::HostnameIndex;

TEST_CASE("HostnameIndex: finds a registered hostname that looks the same") {
  HostnameIndex index;
  CHECK_FALSE(index.similar_to("kasse-1"));
  index.insert("Kasse-1");
  index.insert("Kasse-2");
  CHECK(index.similar_to("KASSE-1") == "Kasse-1");
  CHECK_FALSE(index.similar_to("Kasse-1")); // only itself
  CHECK_FALSE(index.similar_to("Kasse-3"));
}

TEST_CASE("HostnameIndex: hostnames that look the same are separate entries") {
  HostnameIndex index;
  for (const char* hostname : {"a", "A"})
    index.insert(hostname);
  CHECK(index.similar_to("a") == "A");
  CHECK(index.similar_to("A") == "a");
  index.erase("a");
  CHECK(index.similar_to("a") == "A");
  CHECK_FALSE(index.similar_to("A"));
  index.erase("a"); // has no effect
  CHECK(index.similar_to("a") == "A");
  index.erase("A");
  CHECK_FALSE(index.similar_to("a"));
}

TEST_CASE("HostnameIndex: among many hostnames") {
  HostnameIndex index;
  for (int i = 0; i < 10'000; ++i)
    index.insert("NVR-" + std::to_string(i));
  for (int i = 0; i < 10'000; ++i) {
    REQUIRE(index.similar_to("nvr-" + std::to_string(i)) == "NVR-" + std::to_string(i));
    REQUIRE_FALSE(index.similar_to("rvn-" + std::to_string(i)));
  }
}
