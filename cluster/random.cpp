#include "cluster/random.hpp"

#include <sys/random.h>

#include <cstddef>
#include <string_view>

namespace nvrhub::cluster {

std::uint64_t random_number() {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != static_cast<ssize_t>(sizeof number)) return 0;
  return number;
}

std::string to_hex(std::uint64_t number) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t i = text.size(); i > 0; --i, number >>= 4)
    text[i - 1] = digits[number & 15];
  return text;
}

} // namespace nvrhub::cluster
