#include "protocol/decode/heartbeat_fingerprint.hpp"

#include <cstddef>
#include <random>

#include <xxhash.h>

#include "protocol/encode/encode.hpp"

namespace nvrhub::protocol {

namespace {

constexpr std::size_t longest_timestamp = 40;
constexpr std::size_t longest_number = 18;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The end of the digits at `at`, if they are a number in JSON.
std::optional<std::size_t> end_of_number(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end]))
    ++end;
  const std::size_t size = end - at;
  if (size == 0 || size > longest_number || (size > 1 && text[at] == '0')) return std::nullopt;
  return end;
}

/// The closing quote of the string whose content begins at `at`, if the content has only the characters of a time.
std::optional<std::size_t> end_of_timestamp(std::string_view text, std::size_t at) {
  constexpr std::string_view signs = "TZ:.+-";
  std::size_t end = at;
  while (end < text.size() && (is_digit(text[end]) || signs.find(text[end]) != std::string_view::npos))
    ++end;
  if (end - at > longest_timestamp || end == text.size() || text[end] != '"') return std::nullopt;
  return end;
}

std::uint64_t seed() {
  static const std::uint64_t drawn = [] {
    std::random_device random;
    return static_cast<std::uint64_t>(random()) << 32U | random();
  }();
  return drawn;
}

} // namespace

std::optional<HeartbeatFingerprint> HeartbeatFingerprint::of(std::string_view frame, const NvrMessage& message) {
  const auto* heartbeat = std::get_if<Heartbeat>(&message.body);
  if (heartbeat == nullptr || !heartbeat->report || frame.size() > UINT32_MAX) return std::nullopt;

  HeartbeatFingerprint fingerprint;
  std::array<ByteRange, 2> values{};
  std::size_t count = 0;
  if (heartbeat->timestamp) {
    const auto& at = heartbeat->timestamp_at;
    if (!at || end_of_timestamp(frame, at->begin) != at->end) return std::nullopt;
    fingerprint.variable_fields_[count] = VariableField::timestamp;
    values[count++] = *at;
  }
  if (message.id) {
    const auto& at = heartbeat->id_at;
    if (!at || end_of_number(frame, at->begin) != at->end) return std::nullopt;
    fingerprint.variable_fields_[count] = VariableField::id;
    values[count++] = *at;
    if (count == 2 && values[1].begin < values[0].begin) {
      std::swap(values[0], values[1]);
      std::swap(fingerprint.variable_fields_[0], fingerprint.variable_fields_[1]);
    }
  }
  std::array<std::string_view, 3> fixed{};
  std::size_t at = 0;
  for (std::size_t i = 0; i <= count; ++i) {
    fixed[i] = frame.substr(at, (i < count ? values[i].begin : frame.size()) - at);
    fingerprint.sizes_[i] = static_cast<std::uint32_t>(fixed[i].size());
    if (i < count) at = values[i].end;
  }
  fingerprint.hash_ = hash(fixed);
  return fingerprint;
}

std::optional<HeartbeatFingerprint::Variables> HeartbeatFingerprint::match(std::string_view frame) const {
  Variables variables;
  std::array<std::string_view, 3> fixed{};
  std::size_t at = 0;
  for (std::size_t i = 0; i < fixed.size(); ++i) {
    if (frame.size() - at < sizes_[i]) return std::nullopt;
    fixed[i] = frame.substr(at, sizes_[i]);
    at += sizes_[i];
    const VariableField field = i < variable_fields_.size() ? variable_fields_[i] : VariableField::none;
    if (field == VariableField::none) break;
    const auto end = field == VariableField::id ? end_of_number(frame, at) : end_of_timestamp(frame, at);
    if (!end) return std::nullopt;
    const std::string_view value = frame.substr(at, *end - at);
    field == VariableField::id ? void(variables.id = value) : void(variables.timestamp = parse_iso8601(value));
    at = *end;
  }
  if (at != frame.size() || hash(fixed) != hash_) return std::nullopt;
  return variables;
}

HeartbeatFingerprint::Hash HeartbeatFingerprint::hash(const std::array<std::string_view, 3>& fixed) {
  XXH128_hash_t sum{seed(), 0};
  for (const std::string_view part : fixed) {
    if (!part.empty()) sum = XXH3_128bits_withSeed(part.data(), part.size(), sum.low64 ^ sum.high64);
  }
  return {sum.low64, sum.high64};
}

} // namespace nvrhub::protocol
