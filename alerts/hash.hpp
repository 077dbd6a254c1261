#pragma once

// Private to alerts/: the ids of alerts and messages.

#include <cstdint>
#include <string_view>

namespace nvrhub::alerts {

/// FNV-1a with a final mix: 64 bits that are the same on every machine. finish() is never 0, which means none.
class Hash {
public:
  Hash& add(std::string_view text) {
    for (const char c : text)
      add_byte(static_cast<unsigned char>(c));
    add_byte(0); // names have no control characters
    return *this;
  }
  Hash& add(std::uint64_t number) {
    for (int i = 0; i < 8; ++i)
      add_byte(static_cast<unsigned char>(number >> (8 * i)));
    return *this;
  }
  std::uint64_t finish() const {
    std::uint64_t mixed = value_;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    mixed ^= mixed >> 31;
    return mixed == 0 ? 1 : mixed;
  }

private:
  void add_byte(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3; }

  std::uint64_t value_ = 0xcbf29ce484222325;
};

} // namespace nvrhub::alerts
