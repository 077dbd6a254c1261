#include "fuzz/support/script.hpp"

#include <algorithm>

namespace nvrhub::fuzz {

std::vector<Step> parse_script(std::string_view input, std::size_t limit) {
  std::vector<Step> steps;
  while (!input.empty() && steps.size() < limit) {
    const std::size_t end = std::min(input.find('\x1e'), input.size());
    if (end > 0) steps.push_back({input[0], input.substr(1, end - 1)});
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  return steps;
}

} // namespace nvrhub::fuzz
