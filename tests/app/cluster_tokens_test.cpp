#include "app/watch/cluster_tokens.hpp"

#include <algorithm>
#include <optional>

#include <catch2/catch.hpp>

#include "store/support/scratch.hpp"

using namespace nvrhub;
using namespace nvrhub::app;
using test::Scratch;

namespace {

/// A server of a cluster, with the tokens that all of them have.
struct Node {
  Scratch folder;
  std::optional<ClusterTokens> tokens{std::in_place, folder.path()};
  access::TokenFile file{folder.path()};

  std::string make() {
    access::Token token;
    token.role = access::Role::admin;
    REQUIRE(file.change([&](std::vector<access::Token>& list) -> tl::expected<void, std::string> {
      REQUIRE(access::mint(token, list));
      list.push_back(token);
      return {};
    }));
    return token.id;
  }
  void revoke(const std::string& id) {
    REQUIRE(file.change([&](std::vector<access::Token>& list) -> tl::expected<void, std::string> {
      std::erase_if(list, [&](const access::Token& token) { return token.id == id; });
      return {};
    }));
  }
  std::vector<std::string> ids() const {
    std::vector<std::string> found;
    for (const access::Token& token : file.read()->value_or(std::vector<access::Token>{}))
      found.push_back(token.id);
    return found;
  }
  bool has(const std::string& id) const {
    const auto all = ids();
    return std::find(all.begin(), all.end(), id) != all.end();
  }

  /// What it sends, which is applied when the test says so.
  std::optional<store::Write> update(const TokenTexts& stored) {
    auto updated = tokens->update(stored, 1'000);
    REQUIRE(updated);
    return std::move(*updated);
  }
};

void apply(TokenTexts& stored, const std::optional<store::Write>& write) {
  if (!write) return;
  for (const store::AlertWrite& record : write->alerts) {
    REQUIRE(record.key.starts_with(store::token_prefix));
    const std::string id = record.key.substr(store::token_prefix.size());
    REQUIRE(record.value);
    stored[id] = *record.value;
  }
}

/// Until nothing is to be sent.
void settle(TokenTexts& stored, std::initializer_list<Node*> nodes) {
  for (bool any = true; any;) {
    any = false;
    for (Node* node : nodes) {
      const auto write = node->update(stored);
      any = any || write.has_value();
      apply(stored, write);
    }
  }
}

} // namespace

TEST_CASE("cluster tokens: a token that one server makes or revokes is so at the others, with one event each") {
  TokenTexts stored;
  Node a;
  Node b;
  settle(stored, {&a, &b});
  CHECK(stored.empty());
  CHECK_FALSE(b.file.read()->has_value()); // access stays open
  const std::string id = a.make();
  CHECK(a.tokens->has_changed());
  const auto made = a.update(stored);
  REQUIRE(made);
  REQUIRE(made->events.size() == 1);
  CHECK(made->events.front().detail == "token " + id + " made: role admin");
  CHECK_FALSE(a.update(stored)); // it is on its way
  apply(stored, made);
  CHECK_FALSE(b.update(stored));
  CHECK(b.has(id));
  CHECK_FALSE(a.tokens->has_changed());

  b.revoke(id);
  const auto revoked = b.update(stored);
  REQUIRE(revoked);
  CHECK(revoked->events.at(0).detail == "token " + id + " revoked");
  CHECK_FALSE(b.update(stored));
  CHECK_FALSE(b.has(id)); // although the store still has it
  apply(stored, revoked);
  CHECK_FALSE(a.update(stored));
  CHECK_FALSE(a.has(id));
  CHECK(a.file.read()->has_value()); // no token is not the same as none was ever made
}

TEST_CASE("cluster tokens: a new server of a cluster whose tokens are all revoked requires a token") {
  TokenTexts stored;
  Node a;
  a.revoke(a.make());
  settle(stored, {&a});
  Node b;
  CHECK_FALSE(b.update(stored));
  REQUIRE(b.file.read()->has_value());
  CHECK(b.ids().empty());
}

TEST_CASE("cluster tokens: what both change at once lasts") {
  TokenTexts stored;
  Node a;
  Node b;
  const std::string old = a.make();
  settle(stored, {&a, &b});
  const std::string one = a.make();
  const std::string other = b.make();
  b.revoke(old);
  const auto of_a = a.update(stored);
  const auto of_b = b.update(stored);
  apply(stored, of_b);
  apply(stored, of_a);
  settle(stored, {&a, &b});
  for (const Node* node : {&a, &b}) {
    CHECK(node->has(one));
    CHECK(node->has(other));
    CHECK_FALSE(node->has(old));
  }
}

TEST_CASE("cluster tokens: one that is revoked before the store has it does not come back") {
  TokenTexts stored;
  Node a;
  Node b;
  const std::string id = a.make();
  const auto made = a.update(stored);
  a.revoke(id);
  const auto revoked = a.update(stored);
  REQUIRE(revoked);
  apply(stored, made);
  CHECK_FALSE(a.update(stored));
  CHECK_FALSE(b.update(stored));
  CHECK_FALSE(a.has(id));
  apply(stored, revoked);
  settle(stored, {&b, &a});
  CHECK_FALSE(a.has(id));
  CHECK_FALSE(b.has(id));
}

TEST_CASE("cluster tokens: changes at a server that was down, and those of others meanwhile, are both kept") {
  TokenTexts stored;
  Node a;
  Node b;
  const std::string first = a.make();
  const std::string second = a.make();
  settle(stored, {&a, &b});
  // b is down: a revokes one, and somebody changes the file of b.
  a.revoke(first);
  settle(stored, {&a});
  b.revoke(second);
  const std::string made = b.make();
  b.tokens.emplace(b.folder.path());
  settle(stored, {&b, &a});
  for (const Node* node : {&a, &b}) {
    CHECK_FALSE(node->has(first));
    CHECK_FALSE(node->has(second));
    CHECK(node->has(made));
  }
}

TEST_CASE("cluster tokens: a file that is gone revokes nothing, and is made again") {
  TokenTexts stored;
  Node a;
  const std::string id = a.make();
  settle(stored, {&a});
  std::filesystem::remove(a.folder / "tokens.json");
  CHECK_FALSE(a.update(stored));
  CHECK(a.has(id));
}

TEST_CASE("cluster tokens: what could not be written is tried again, and nothing is lost") {
  TokenTexts stored;
  Node a;
  Node b;
  settle(stored, {&a, &b});
  const std::string id = b.make();
  settle(stored, {&b});
  const std::string own = a.make();
  const auto blocked = a.folder / "cluster-tokens.json.part";
  std::filesystem::create_directory(blocked);
  const auto failed = a.tokens->update(stored, 1'000);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().find("cluster-tokens.json") != std::string::npos);
  CHECK(a.has(id));
  CHECK(a.tokens->has_changed());
  std::filesystem::remove(blocked);
  const auto made = a.update(stored);
  REQUIRE(made);
  CHECK(made->events.size() == 1);
  apply(stored, made);
  settle(stored, {&a, &b});
  CHECK((a.has(id) && a.has(own) && b.has(own)));
}

TEST_CASE("cluster tokens: one that this version cannot read is not taken for revoked") {
  TokenTexts stored;
  Node a;
  const std::string id = a.make();
  settle(stored, {&a});
  stored["0a1b2c3d"] = R"({"id":"0a1b2c3d","role":"of a newer version"})";
  CHECK_FALSE(a.update(stored));
  CHECK_FALSE(a.update(stored));
  CHECK(a.has(id));
  CHECK_FALSE(a.has("0a1b2c3d"));
  stored[id] = "";
  CHECK_FALSE(a.update(stored));
  CHECK_FALSE(a.has(id)); // others' revocations still arrive
}
