#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "access/grant.hpp"
#include "fleet/nvr.hpp"

namespace nvrhub::access {

/// SHA-256 of a token's text. Tokens are 160 random bits, so a slow hash would not add protection.
using Hash = std::array<unsigned char, 32>;

/// What the server stores of a token (protocol.md, "Access control"): never its text.
struct Token {
  std::string id; // 8 hex digits, part of its text; identifies it in lists, logs and events
  Hash hash{};
  Role role = Role::dashboard;
  std::optional<std::string> hostname;
  std::optional<std::vector<std::string>> sites;
  std::string note;
  fleet::WallMillis made = 0;
};

/// One line for humans: `role dashboard, sites "north", "south"`.
std::string describe(const Token& token);

/// The id in a token's text, `nvh_ID_SECRET`; nothing if the text has another form. Does not check the secret.
std::optional<std::string_view> id_in(std::string_view text);
Hash hash_of(std::string_view text);
/// Compares in constant time.
bool matches(const Token& token, const Hash& hash);

/// Creates a token's text, and sets the id and hash of `token`; the id is none of `others`. ERRORS: the system has no
/// random bytes.
tl::expected<std::string, std::string> mint(Token& token, const std::vector<Token>& others = {});

std::string to_hex(const unsigned char* bytes, std::size_t count);

} // namespace nvrhub::access
