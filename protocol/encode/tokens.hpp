#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/nvr.hpp"

namespace nvrhub::protocol {

/// What lists say of an access token: never its text.
struct TokenInfo {
  std::string_view id;
  fleet::WallMillis made = 0;
  std::string_view role;
  std::optional<std::string> hostname;
  std::optional<std::vector<std::string>> sites;
  std::string note; // empty: none
};

/// `{"tokens":[{"id","made","role","hostname","sites","note"}]}`; what a token does not have is null.
std::string encode_tokens(std::span<const TokenInfo> tokens);
/// The same of one token, and its `token`, the text.
std::string encode_new_token(const TokenInfo& info, std::string_view text);

} // namespace nvrhub::protocol
