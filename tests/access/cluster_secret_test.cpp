#include "access/cluster_secret.hpp"

#include <filesystem>
#include <fstream>
#include <set>

#include <catch2/catch.hpp>

#include "store/support/scratch.hpp"

using namespace nvrhub::access;
using namespace std::chrono_literals;

TEST_CASE("cluster secret: a signature depends on the secret and on each part, and on where parts begin") {
  const ClusterSecret secret("0123456789abcdef");
  const std::set<std::string> signatures{secret.sign({"a", "b"}),   secret.sign({"ab"}),
                                         secret.sign({"ab", ""}),   secret.sign({"", "ab"}),
                                         secret.sign({"b", "a"}),   secret.sign({}),
                                         secret.sign({"1:a", "b"}), ClusterSecret("0123456789abcdeF").sign({"a", "b"})};
  CHECK(signatures.size() == 8);
  CHECK(secret.is_signature(secret.sign({"a", "b"}), {"a", "b"}));
  CHECK_FALSE(secret.is_signature(secret.sign({"a", "b"}), {"a", "c"}));
  CHECK_FALSE(secret.is_signature("", {"a", "b"}));
  // Servers of two versions must agree.
  CHECK(secret.sign({"data", "b"}) == "054db6a8223bc7f0a0b3d120e14fd42e16cc84d7affa2a50f734781a4c73127f");
}

TEST_CASE("cluster secret: a file is read without its last line ends; one that is too short or missing is refused") {
  const nvrhub::test::Scratch folder;
  const auto file = folder / "secret";
  const auto write = [&](const std::string& text) { std::ofstream(file, std::ios::binary) << text; };
  write("0123456789abcdef\r\n\n");
  const auto read = ClusterSecret::read(file);
  REQUIRE(read);
  CHECK(read->sign({"x"}) == ClusterSecret("0123456789abcdef").sign({"x"}));
  for (const std::string& text : {std::string(), std::string("0123456789abcde\n"), std::string(5'000, 'x')}) {
    write(text);
    const auto refused = ClusterSecret::read(file);
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error(), Catch::Contains(file.string()) && Catch::Contains("expected 16 to 4096 bytes"));
  }
  CHECK_THAT(ClusterSecret::read(folder / "none").error(), Catch::Contains("No such file"));
}

TEST_CASE("challenges: each is accepted once, for half a minute, by the server that has issued it") {
  Challenges challenges;
  const Challenges::Time now{100s};
  const std::string one = challenges.issue(now);
  const std::string other = challenges.issue(now);
  CHECK(one != other);
  CHECK(challenges.redeem(one, now + 29s));
  CHECK_FALSE(challenges.redeem(one, now + 29s));
  CHECK_FALSE(challenges.redeem(other, now + 31s));
  Challenges another;
  CHECK_FALSE(another.redeem(challenges.issue(now), now));
  const std::string third = challenges.issue(now);
  for (const std::string& made_up : {std::string(), std::string("."), std::string(".."), third.substr(1),
                                     third.substr(0, third.size() - 1), third + "0"})
    CHECK_FALSE(challenges.redeem(made_up, now));
  CHECK(challenges.redeem(third, now));
}
