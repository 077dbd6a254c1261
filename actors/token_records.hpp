#pragma once

#include <string_view>

namespace nvrhub::actors {

/// In a cluster the store has the access tokens, under this prefix and their id, as Write::alerts: tokens that one
/// server makes or revokes are those of all.
inline constexpr std::string_view token_prefix = "token/";

} // namespace nvrhub::actors
