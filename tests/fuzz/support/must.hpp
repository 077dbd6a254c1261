#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace nvrhub::fuzz {

/// A property that every input must have. A broken one ends the program, which libFuzzer takes for a finding: it keeps
/// the input. `seen` is what to print beside it.
inline void must(bool holds, std::string_view property, std::string_view seen = {}) {
  if (holds) return;
  std::fprintf(stderr, "a property is broken: %.*s\n", static_cast<int>(property.size()), property.data());
  if (!seen.empty()) {
    std::fputs("seen: ", stderr);
    std::fwrite(seen.data(), 1, seen.size(), stderr);
    std::fputs("\n", stderr);
  }
  std::abort();
}

/// A text that must name one of some fields, or say one of some things.
template <class... Texts>
void must_name(std::string_view text, const Texts&... any) {
  must(((text.find(any) != std::string_view::npos) || ...), "a refusal names a field", text);
}

} // namespace nvrhub::fuzz
