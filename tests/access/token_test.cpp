#include "access/token.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

using namespace nvrhub::access;

TEST_CASE("a token's text matches only its own token", "[token]") {
  Token token;
  const std::string text = mint(token).value();
  CHECK(id_in(text) == token.id);
  CHECK(matches(token, hash_of(text)));
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string other = text;
    other[i] = other[i] == '0' ? '1' : '0';
    CHECK_FALSE(matches(token, hash_of(other)));
  }
}

TEST_CASE("tokens are unique", "[token]") {
  std::set<std::string> texts;
  for (int i = 0; i < 1000; ++i) {
    Token token;
    texts.insert(mint(token).value());
  }
  CHECK(texts.size() == 1000);
}

TEST_CASE("only a text in the form of a token has an id", "[token]") {
  Token token;
  const std::string text = mint(token).value();
  const std::string secret = text.substr(13);
  CHECK(id_in(text).has_value());
  for (const std::string& wrong :
       {std::string(), std::string("nvh_"), text + "0", text.substr(1), "nvx_" + text.substr(4),
        "nvh_ABCDEF01_" + secret, "nvh_0123456" + std::string("_0") + secret, std::string(text.size(), '\0'),
        text.substr(0, 13) + std::string(40, 'g')}) {
    CAPTURE(wrong);
    CHECK_FALSE(id_in(wrong).has_value());
  }
}

TEST_CASE("a hash is SHA-256", "[token]") {
  const Hash hash = hash_of("abc");
  CHECK(to_hex(hash.data(), hash.size()) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("a token is described in words", "[token]") {
  Token token;
  token.role = Role::nvr;
  token.hostname = "NVR-1";
  CHECK(describe(token) == "role nvr, hostname \"NVR-1\"");
  token = {};
  token.role = Role::dashboard;
  token.sites = {"north", ""};
  token.note = "wall";
  CHECK(describe(token) == "role dashboard, sites \"north\", \"\", note \"wall\"");
}

TEST_CASE("roles have the texts and permissions of protocol.md", "[token]") {
  using enum Permission;
  const std::vector<std::pair<Role, std::vector<Permission>>> table{
      {Role::nvr, {report}},
      {Role::dashboard, {read}},
      {Role::ingest, {change}},
      {Role::operator_, {read, change, operate}},
      {Role::admin, {report, read, change, operate, administer}},
  };
  for (const auto& [role, permissions] : table) {
    CAPTURE(to_string(role));
    CHECK(role_of(to_string(role)) == role);
    CHECK(permissions_of(role) == permissions);
    Grant grant;
    grant.role = role;
    for (const Permission permission : {report, read, change, operate, administer}) {
      CHECK(grant.may(permission) ==
            (std::find(permissions.begin(), permissions.end(), permission) != permissions.end()));
    }
  }
  CHECK(to_string(Role::operator_) == "operator");
  CHECK(roles_with(change) == "ingest, operator or admin");
  CHECK(roles_with(administer) == "admin");
  CHECK_FALSE(role_of("Admin").has_value());
  CHECK_FALSE(role_of("").has_value());
}

TEST_CASE("only roles that read can be bound to sites", "[token]") {
  for (const Role role : {Role::nvr, Role::dashboard, Role::ingest, Role::operator_, Role::admin})
    CHECK(may_be_bound_to_sites(role) == (role == Role::dashboard || role == Role::operator_));
}
