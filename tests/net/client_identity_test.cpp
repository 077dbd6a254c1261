#include "net/http/client_identity.hpp"

#include <catch2/catch.hpp>

#include "access/guard.hpp"
#include "access/token.hpp"

using namespace nvrhub;
using namespace nvrhub::net;
namespace http = boost::beast::http;

namespace {

/// Counts how often a token is hashed.
struct CountingGuard {
  access::Guard guard;
  mutable int admits = 0;

  std::uint64_t generation() const { return guard.generation(); }
  access::GrantPtr admit(std::string_view text) const {
    ++admits;
    return guard.admit(text);
  }
};

struct Minted {
  access::Token token;
  std::string text = access::mint(token).value();
};

std::string token_of(const std::string& target, const std::string& authorization = "") {
  HttpRequest request(http::verb::get, target, 11);
  if (!authorization.empty()) request.set(http::field::authorization, authorization);
  api::Target parsed = api::parse_target(target).value();
  const std::string token = take_token(request, parsed);
  CHECK_FALSE(parsed.params.contains("token"));
  return token;
}

} // namespace

TEST_CASE("token grant: a token is hashed once while the server's tokens stay the same") {
  CountingGuard guard;
  const Minted minted;
  guard.guard.set(std::vector{minted.token});
  TokenGrant credential(minted.text);
  for (int i = 0; i < 3; ++i)
    CHECK(credential.grant(guard) != nullptr);
  CHECK(guard.admits == 1);
  TokenGrant wrong("nvh_00000000_wrong");
  for (int i = 0; i < 3; ++i)
    CHECK(wrong.grant(guard) == nullptr);
  CHECK(guard.admits == 2);
}

TEST_CASE("token grant: a revoked token grants nothing any more, a new one is found") {
  CountingGuard guard;
  const Minted first;
  const Minted second;
  guard.guard.set(std::vector{first.token});
  TokenGrant one(first.text);
  TokenGrant two(second.text);
  CHECK(one.grant(guard) != nullptr);
  CHECK(two.grant(guard) == nullptr);
  guard.guard.set(std::vector{second.token});
  CHECK(one.grant(guard) == nullptr);
  CHECK(two.grant(guard) != nullptr);
  CHECK(guard.admits == 4);
}

TEST_CASE("token grant: anonymous access ends when the first token is made") {
  CountingGuard guard;
  TokenGrant none;
  CHECK(none.grant(guard) != nullptr);
  guard.guard.set(std::vector{Minted{}.token});
  CHECK(none.grant(guard) == nullptr);
}

TEST_CASE("client identity: the Authorization header takes precedence over ?token=, which is removed") {
  CHECK(token_of("/") == "");
  CHECK(token_of("/?token=abc") == "abc");
  CHECK(token_of("/?a=1&token=a%26b") == "a&b");
  CHECK(token_of("/?token=abc", "Bearer xyz") == "xyz");
  CHECK(token_of("/", "bEaReR   xyz") == "xyz");
  CHECK(token_of("/?token=abc", "Bearer") == "abc");
  CHECK(token_of("/?token=abc", "Basic eHl6") == "abc");
}
