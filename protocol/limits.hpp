#pragma once

#include <cstddef>

namespace nvrhub::protocol {

inline constexpr std::size_t default_max_message = 1 << 20; // bytes, protocol.md close code 1009
inline constexpr std::size_t max_id_bytes = 64;             // of a string "id"
inline constexpr std::size_t max_filter_names = 10'000;     // in each list of a `subscribe`'s filter
inline constexpr int max_bad_messages = 100;                // then close 4400

} // namespace nvrhub::protocol
