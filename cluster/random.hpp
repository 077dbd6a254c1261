#pragma once

#include <cstdint>
#include <string>

namespace nvrhub::cluster {

/// From the kernel. 0 only if it has none to give.
std::uint64_t random_number();
/// 16 hex digits.
std::string to_hex(std::uint64_t number);

} // namespace nvrhub::cluster
