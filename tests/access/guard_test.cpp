#include "access/guard.hpp"

#include <atomic>
#include <thread>

#include <catch2/catch.hpp>

using namespace nvrhub::access;

namespace {

struct Minted {
  Token token;
  std::string text;
};

Minted make(Role role) {
  Minted minted;
  minted.token.role = role;
  minted.text = mint(minted.token).value();
  return minted;
}

} // namespace

TEST_CASE("before the first token everything is permitted", "[guard]") {
  Guard guard;
  guard.set(std::nullopt);
  CHECK(guard.is_open());
  REQUIRE(guard.admit(""));
  CHECK(guard.admit("")->may(Permission::administer));
  CHECK(guard.admit("whatever a client was configured with"));
}

TEST_CASE("when tokens exist, only they grant access", "[guard]") {
  Guard guard;
  const Minted one = make(Role::dashboard);
  const Minted other = make(Role::admin);
  guard.set(std::vector{one.token, other.token});
  CHECK_FALSE(guard.is_open());
  CHECK_FALSE(guard.admit(""));
  CHECK_FALSE(guard.admit(make(Role::admin).text));
  REQUIRE(guard.admit(one.text));
  CHECK(guard.admit(one.text)->role == Role::dashboard);
  CHECK(guard.admit(other.text)->role == Role::admin);
  // The id of one token with the secret of another.
  CHECK_FALSE(guard.admit(one.text.substr(0, 13) + other.text.substr(13)));
}

TEST_CASE("a grant holds until its token is removed", "[guard]") {
  Guard guard;
  const GrantPtr everybody = guard.admit("");
  const Minted one = make(Role::nvr);
  const Minted other = make(Role::nvr);
  CHECK(guard.holds(*everybody));
  guard.set(std::vector{one.token, other.token});
  CHECK_FALSE(guard.holds(*everybody));
  const GrantPtr granted = guard.admit(one.text);
  const GrantPtr kept = guard.admit(other.text);
  CHECK(guard.holds(*granted));
  guard.set(std::vector{other.token});
  CHECK_FALSE(guard.holds(*granted));
  CHECK(guard.holds(*kept));
  guard.set(std::vector<Token>{});
  CHECK_FALSE(guard.is_open());
  CHECK_FALSE(guard.holds(*kept));
  CHECK_FALSE(guard.admit(""));
}

TEST_CASE("sites are found whatever their order in the token", "[guard]") {
  Guard guard;
  Minted one = make(Role::dashboard);
  one.token.sites = {"south", "", "east"};
  guard.set(std::vector{one.token});
  const GrantPtr granted = guard.admit(one.text);
  REQUIRE(granted);
  for (const char* site : {"south", "", "east"})
    CHECK(granted->sees(site));
  for (const char* site : {"north", "sout", "south "})
    CHECK_FALSE(granted->sees(site));
  CHECK_FALSE(granted->sees_all());
}

TEST_CASE("many threads use the guard while it changes", "[guard]") {
  Guard guard;
  const Minted one = make(Role::nvr);
  guard.set(std::vector{one.token});
  std::atomic<bool> over{false};
  std::atomic<int> wrong{0};
  std::thread asks([&] {
    while (!over) {
      const GrantPtr granted = guard.admit(one.text);
      if (granted && granted->role != Role::nvr) ++wrong;
      if (guard.admit("")) ++wrong;
    }
  });
  for (int i = 0; i < 500; ++i)
    guard.set(i % 2 == 0 ? std::vector<Token>{} : std::vector{one.token});
  over = true;
  asks.join();
  CHECK(wrong == 0);
}
