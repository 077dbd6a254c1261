#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace nvrhub::app {

enum class Verdict : std::uint8_t { ok, warn, bad };

/// The result of one check of `nvrhub doctor`.
struct Finding {
  Verdict verdict = Verdict::ok;
  std::string check;       // a word or two: "descriptors"
  std::string text;        // the observed fact
  std::string advice = {}; // what to do; empty: nothing
};

inline Finding ok(std::string check, std::string text) {
  return {Verdict::ok, std::move(check), std::move(text)};
}
inline Finding warn(std::string check, std::string text, std::string advice) {
  return {Verdict::warn, std::move(check), std::move(text), std::move(advice)};
}
inline Finding bad(std::string check, std::string text, std::string advice) {
  return {Verdict::bad, std::move(check), std::move(text), std::move(advice)};
}

using Findings = std::vector<Finding>;

} // namespace nvrhub::app
