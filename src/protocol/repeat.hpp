#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/decode.hpp"

namespace nvrhub::protocol {

/// Recognises a heartbeat that says what an earlier one said, without parsing it: all its bytes are the same but the
/// value of `timestamp` and a number as `id` (docs/internals/decisions/0019). Keeps a hash of the bytes, 128 bits under a key
/// that each process draws, so that nobody can make another text pass for it.
class Repeat {
public:
  /// Of a heartbeat with a systemStatus, and what it was decoded to. Nothing: its repeats can't be told for certain, as
  /// with escapes in it or more than one "id".
  static std::optional<Repeat> of(std::string_view frame, const NvrMessage& message);

  struct Said {
    std::optional<Id> id;
    std::optional<fleet::WallMillis> timestamp;
  };
  /// What the frame says anew; nothing: it is another one, or malformed.
  std::optional<Said> match(std::string_view frame) const;

private:
  enum class Hole : std::uint8_t { none, timestamp, id };
  struct Hash {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    friend bool operator==(const Hash&, const Hash&) = default;
  };
  static Hash hash(const std::array<std::string_view, 3>& fixed);

  std::array<std::uint32_t, 3> sizes_{}; // of what stands still: before, between and behind the holes
  std::array<Hole, 2> holes_{};          // in the order of the text
  Hash hash_;
};

} // namespace nvrhub::protocol
