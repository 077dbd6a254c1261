#pragma once

#include <cstdint>
#include <iostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

namespace nvrhub::protocol::test {

/// Random texts. A run prints its seed; `--rng-seed N` repeats it.
class Fuzz {
public:
  explicit Fuzz(const char* what) : seed_(Catch::rngSeed() != 0 ? Catch::rngSeed() : std::random_device{}()) {
    std::cout << what << ": --rng-seed " << seed_ << std::endl;
    random_.seed(seed_);
  }

  std::uint32_t seed() const { return seed_; }

  std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_); }
  char byte() { return static_cast<char>(below(256)); }

  std::string bytes(std::size_t most) {
    std::string made(below(most + 1), '\0');
    for (char& c : made)
      c = byte();
    return made;
  }

  /// Tokens of JSON and of the protocol in any order.
  std::string tokens(std::size_t most) {
    static const std::vector<std::string> parts = {"{",
                                                   "}",
                                                   "[",
                                                   "]",
                                                   ":",
                                                   ",",
                                                   "\"",
                                                   "\\",
                                                   "\\u0000",
                                                   "\\ud800",
                                                   "\"type\"",
                                                   "\"auth\"",
                                                   "\"heartbeat\"",
                                                   "\"id\"",
                                                   "\"hostname\"",
                                                   "\"systemStatus\"",
                                                   "\"cameras\"",
                                                   "\"name\"",
                                                   "\"status\"",
                                                   "null",
                                                   "true",
                                                   "1",
                                                   "-1.5e3",
                                                   "1e999",
                                                   "99999999999999999999",
                                                   " ",
                                                   "\xC3\xA9",
                                                   "\xFF"};
    std::string made;
    for (std::size_t i = below(most + 1); i > 0; --i)
      made += parts[below(parts.size())];
    return made;
  }

  /// `text` with a few bytes or ranges changed, removed, doubled or inserted.
  std::string mutated(std::string text) {
    for (std::size_t i = 1 + below(4); i > 0 && !text.empty(); --i) {
      const std::size_t at = below(text.size());
      const std::size_t length = below(std::min<std::size_t>(text.size() - at, 24) + 1);
      switch (below(6)) {
      case 0:
        text[at] = byte();
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(at, length));
        break;
      case 3:
        text.insert(at, tokens(2));
        break;
      case 4:
        text[at] = "{}[]:,\"\\01289eE+-. ntf"[below(22)];
        break;
      default:
        text.replace(at, length, text.substr(below(text.size()), length));
        break;
      }
    }
    return text;
  }

private:
  std::uint32_t seed_;
  std::mt19937 random_;
};

} // namespace nvrhub::protocol::test
