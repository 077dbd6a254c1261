#include "protocol/repeat.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <random>

#include <xxhash.h>

#include "protocol/encode.hpp"

namespace nvrhub::protocol {

namespace {

constexpr std::size_t longest_timestamp = 40;
constexpr std::size_t longest_number = 18;

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The digits at `at`, if they are a number as JSON writes one.
std::optional<std::size_t> end_of_number(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end]))
    ++end;
  const std::size_t size = end - at;
  if (size == 0 || size > longest_number || (size > 1 && text[at] == '0')) return std::nullopt;
  return end;
}

/// Up to the quote that ends it, if there is nothing in it but what times are made of.
std::optional<std::size_t> end_of_timestamp(std::string_view text, std::size_t at) {
  constexpr std::string_view signs = "TZ:.+-";
  std::size_t end = at;
  while (end < text.size() && (is_digit(text[end]) || signs.find(text[end]) != std::string_view::npos))
    ++end;
  if (end - at > longest_timestamp || end == text.size() || text[end] != '"') return std::nullopt;
  return end;
}

/// As text.find(), which looks at every quote of the JSON where this skips most of it.
std::size_t find_in(std::string_view text, std::string_view what, std::size_t from) {
  const void* found = memmem(text.data() + from, text.size() - from, what.data(), what.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

/// Behind `"key":` and what spaces and quote may follow, where that stands once and nowhere else.
std::optional<std::size_t> value_of(std::string_view text, std::string_view quoted_key, bool in_quotes) {
  std::size_t at = find_in(text, quoted_key, 0);
  if (at == std::string_view::npos) return std::nullopt;
  at += quoted_key.size();
  if (find_in(text, quoted_key, at - 1) != std::string_view::npos) return std::nullopt;
  const auto skip_spaces = [&] { at = std::min(text.find_first_not_of(" \t\r\n", at), text.size()); };
  skip_spaces();
  if (at == text.size() || text[at++] != ':') return std::nullopt;
  skip_spaces();
  if (in_quotes && (at == text.size() || text[at++] != '"')) return std::nullopt;
  return at;
}

std::uint64_t seed() {
  static const std::uint64_t drawn = [] {
    std::random_device random;
    return static_cast<std::uint64_t>(random()) << 32U | random();
  }();
  return drawn;
}

} // namespace

std::optional<Repeat> Repeat::of(std::string_view frame, const NvrMessage& message) {
  const auto* heartbeat = std::get_if<Heartbeat>(&message.body);
  if (heartbeat == nullptr || !heartbeat->report || frame.size() > UINT32_MAX) return std::nullopt;
  if (frame.find('\\') != std::string_view::npos) return std::nullopt; // keys may hide in escapes

  Repeat repeat;
  std::array<Span, 2> spans{};
  std::size_t count = 0;
  if (heartbeat->timestamp) {
    const auto begin = value_of(frame, R"("timestamp")", true);
    const auto end = begin ? end_of_timestamp(frame, *begin) : std::nullopt;
    if (!end || parse_iso8601(frame.substr(*begin, *end - *begin)) != heartbeat->timestamp) return std::nullopt;
    repeat.holes_[count] = Hole::timestamp;
    spans[count++] = {*begin, *end};
  }
  if (message.id) {
    const auto begin = value_of(frame, R"("id")", false);
    const auto end = begin ? end_of_number(frame, *begin) : std::nullopt;
    if (!end || frame.substr(*begin, *end - *begin) != *message.id) return std::nullopt;
    repeat.holes_[count] = Hole::id;
    spans[count++] = {*begin, *end};
    if (count == 2 && spans[1].begin < spans[0].begin) {
      std::swap(spans[0], spans[1]);
      std::swap(repeat.holes_[0], repeat.holes_[1]);
    }
  }
  std::array<std::string_view, 3> fixed{};
  std::size_t at = 0;
  for (std::size_t i = 0; i <= count; ++i) {
    fixed[i] = frame.substr(at, (i < count ? spans[i].begin : frame.size()) - at);
    repeat.sizes_[i] = static_cast<std::uint32_t>(fixed[i].size());
    if (i < count) at = spans[i].end;
  }
  repeat.hash_ = hash(fixed);
  return repeat;
}

std::optional<Repeat::Said> Repeat::match(std::string_view frame) const {
  Said said;
  std::array<std::string_view, 3> fixed{};
  std::size_t at = 0;
  for (std::size_t i = 0; i < fixed.size(); ++i) {
    if (frame.size() - at < sizes_[i]) return std::nullopt;
    fixed[i] = frame.substr(at, sizes_[i]);
    at += sizes_[i];
    const Hole hole = i < holes_.size() ? holes_[i] : Hole::none;
    if (hole == Hole::none) break;
    const auto end = hole == Hole::id ? end_of_number(frame, at) : end_of_timestamp(frame, at);
    if (!end) return std::nullopt;
    const std::string_view value = frame.substr(at, *end - at);
    hole == Hole::id ? void(said.id = value) : void(said.timestamp = parse_iso8601(value));
    at = *end;
  }
  if (at != frame.size() || hash(fixed) != hash_) return std::nullopt;
  return said;
}

Repeat::Hash Repeat::hash(const std::array<std::string_view, 3>& fixed) {
  XXH128_hash_t sum{seed(), 0};
  for (const std::string_view part : fixed) {
    if (!part.empty()) sum = XXH3_128bits_withSeed(part.data(), part.size(), sum.low64 ^ sum.high64);
  }
  return {sum.low64, sum.high64};
}

} // namespace nvrhub::protocol
