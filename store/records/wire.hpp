#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace nvrhub::store {

/// Appends the primitives of all records: bytes, varints (7 bits per byte, low bits first) and length-prefixed texts.
class ByteWriter {
public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  void byte(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void varint(std::uint64_t value) {
    std::array<char, 10> bytes{};
    std::size_t size = 0;
    for (; value >= 0x80; value >>= 7)
      bytes[size++] = static_cast<char>(static_cast<std::uint8_t>(value | 0x80));
    bytes[size++] = static_cast<char>(value);
    out_.append(bytes.data(), size);
  }
  /// Short for small values of either sign.
  void zigzag(std::int64_t value) {
    varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  void text(std::string_view value) {
    varint(value.size());
    out_.append(value);
  }

private:
  std::string& out_;
};

/// Reads the primitives that ByteWriter appends. It never reads beyond its input: a value that does not fit reads as
/// zero or empty, and ok() is false from then on.
class ByteReader {
public:
  explicit ByteReader(std::string_view in) : in_(in) {}

  std::uint8_t byte() {
    if (in_.empty()) return fail();
    const auto value = static_cast<std::uint8_t>(in_.front());
    in_.remove_prefix(1);
    return value;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = byte();
      if (shift == 63 && next > 1) return fail();
      value |= static_cast<std::uint64_t>(next & 0x7FU) << shift;
      if ((next & 0x80U) == 0) return ok_ ? value : 0;
    }
    return fail();
  }
  std::int64_t zigzag() {
    const std::uint64_t value = varint();
    return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
  }
  /// A varint; fails if it does not fit `Number`.
  template <class Number>
  Number number() {
    const std::uint64_t value = varint();
    const auto narrow = static_cast<Number>(value);
    return narrow == value ? narrow : static_cast<Number>(fail());
  }
  /// A byte as an enumerator; fails unless it is below `end`.
  template <class Enum>
  Enum code(std::uint8_t end) {
    const std::uint8_t value = byte();
    return static_cast<Enum>(value < end ? value : fail());
  }
  std::string_view text() {
    const std::uint64_t size = varint();
    if (size > in_.size()) {
      fail();
      return {};
    }
    const std::string_view value = in_.substr(0, static_cast<std::size_t>(size));
    in_.remove_prefix(static_cast<std::size_t>(size));
    return value;
  }

  /// The length of a list. Fails if the remaining bytes cannot hold that many elements, before memory is allocated.
  std::size_t count(std::size_t min_bytes) {
    const std::uint64_t size = varint();
    return size <= in_.size() / min_bytes ? static_cast<std::size_t>(size) : fail();
  }

  std::uint8_t fail() {
    ok_ = false;
    in_ = {};
    return 0;
  }
  bool ok() const { return ok_; }
  std::size_t left() const { return in_.size(); }
  /// No read failed and no bytes are left.
  bool complete() const { return ok_ && in_.empty(); }

private:
  std::string_view in_;
  bool ok_ = true;
};

} // namespace nvrhub::store
