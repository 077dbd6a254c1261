#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace nvrhub::fuzz {

/// A property that must hold for every input. If it does not, prints `property` and `seen` and aborts, which libFuzzer
/// reports as a finding and keeps the input.
inline void must(bool holds, std::string_view property, std::string_view seen = {}) {
  if (holds) return;
  std::fprintf(stderr, "property violated: %.*s\n", static_cast<int>(property.size()), property.data());
  if (!seen.empty()) {
    std::fputs("seen: ", stderr);
    std::fwrite(seen.data(), 1, seen.size(), stderr);
    std::fputs("\n", stderr);
  }
  std::abort();
}

/// An error message must contain at least one of the texts `any`.
template <class... Texts>
void must_name(std::string_view text, const Texts&... any) {
  must(((text.find(any) != std::string_view::npos) || ...), "an error names the field or the problem", text);
}

} // namespace nvrhub::fuzz
