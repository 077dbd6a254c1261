#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/decode/decode.hpp"

namespace nvrhub::protocol {

/// Recognises a heartbeat that repeats an earlier one without parsing it: all its bytes are the same except for the
/// value of `timestamp` and a number as `id` (docs/internals/decisions/0019). A frame that matches decodes to the same
/// report. Stores a hash of the bytes: 128 bits with a seed per process, so a client can't make another text match.
class HeartbeatFingerprint {
public:
  /// REQUIRES: `message` was decoded from `frame`.
  /// Nothing if the message is no heartbeat with a systemStatus, or if its repeats can't be recognised with certainty,
  /// for example with two values of `id` or one that is a string.
  static std::optional<HeartbeatFingerprint> of(std::string_view frame, const NvrMessage& message);

  struct Variables {
    std::optional<Id> id;
    std::optional<fleet::WallMillis> timestamp;
  };
  /// The new values of the fields that may differ. Nothing: the frame differs in something else, or is malformed.
  std::optional<Variables> match(std::string_view frame) const;

private:
  enum class VariableField : std::uint8_t { none, timestamp, id };
  struct Hash {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    friend bool operator==(const Hash&, const Hash&) = default;
  };
  static Hash hash(const std::array<std::string_view, 3>& fixed);

  std::array<std::uint32_t, 3> sizes_{};           // of the fixed parts: before, between and after the variable fields
  std::array<VariableField, 2> variable_fields_{}; // in the order of the text
  Hash hash_;
};

} // namespace nvrhub::protocol
