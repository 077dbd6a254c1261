#include "fleet/names.hpp"

#include <cstdint>
#include <cstring>

namespace nvrhub::fleet {

namespace {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 0; // 0: malformed
};

CodePoint decode(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(at);
  if (lead < 0x80) return {lead, 1};
  std::size_t length = 0;
  std::uint32_t least = 0;
  std::uint32_t value = 0;
  if ((lead & 0xE0) == 0xC0) {
    length = 2, least = 0x80, value = lead & 0x1FU;
  } else if ((lead & 0xF0) == 0xE0) {
    length = 3, least = 0x800, value = lead & 0x0FU;
  } else if ((lead & 0xF8) == 0xF0) {
    length = 4, least = 0x10000, value = lead & 0x07U;
  } else {
    return {};
  }
  if (at + length > text.size()) return {};
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return {};
    value = (value << 6) | (byte(at + i) & 0x3FU);
  }
  if (value < least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  return {value, length};
}

/// Nearly every name and address passes this test, which decodes nothing and reads eight bytes at a time; words may
/// overlap.
bool is_printable_ascii(std::string_view text) {
  constexpr std::uint64_t each = 0x0101010101010101;
  std::uint64_t others = 0; // a byte's top bit is set if it is not printable ASCII
  const auto check = [&](std::uint64_t word) {
    others |= word | (word - each * 0x20) | (word + each); // above 0x7F, below 0x20, 0x7F
  };
  const auto read = [&text]<class Word>(Word word, std::size_t at) {
    std::memcpy(&word, text.data() + at, sizeof word);
    return word;
  };
  const std::size_t size = text.size();
  if (size >= 8) {
    for (std::size_t at = 0; at + 8 < size; at += 8)
      check(read(std::uint64_t{}, at));
    check(read(std::uint64_t{}, size - 8));
  } else if (size >= 4) {
    check(std::uint64_t{read(std::uint32_t{}, 0)} << 32 | read(std::uint32_t{}, size - 4));
  } else {
    for (const char byte : text)
      check(each * static_cast<std::uint8_t>(byte));
  }
  return (others & each * 0x80) == 0;
}

/// Calls `accept` for each code point unless all are printable ASCII; false at the first that is malformed or not
/// accepted.
template <class Predicate>
bool all_code_points(std::string_view text, Predicate accept) {
  if (is_printable_ascii(text)) return true;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode(text, at);
    if (point.bytes == 0 || !accept(point.value)) return false;
    at += point.bytes;
  }
  return true;
}

bool is_control(std::uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0);
}

} // namespace

bool is_utf8(std::string_view text) {
  return all_code_points(text, [](std::uint32_t) { return true; });
}

bool is_valid_name(std::string_view text) {
  return !text.empty() && text.size() <= max_name_bytes &&
         all_code_points(text, [](std::uint32_t point) { return !is_control(point); });
}

bool is_addressable_name(std::string_view text) {
  return is_valid_name(text) && text != "." && text != "..";
}

bool is_valid_address(std::string_view text) {
  return text.size() <= max_address_bytes &&
         all_code_points(text, [](std::uint32_t point) { return !is_control(point); });
}

} // namespace nvrhub::fleet
