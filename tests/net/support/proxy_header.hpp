#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace nvrhub::net::test {

inline std::string bytes(std::initializer_list<unsigned> values) {
  std::string text;
  for (const unsigned value : values)
    text.push_back(static_cast<char>(value));
  return text;
}

/// A header of the PROXY protocol, version 2: `rest` is its addresses and extensions.
inline std::string proxy_v2(unsigned version_and_command, unsigned family_and_transport, const std::string& rest) {
  return std::string("\r\n\r\n\0\r\nQUIT\n", 12) +
         bytes({version_and_command, family_and_transport, static_cast<unsigned>(rest.size() >> 8U),
                static_cast<unsigned>(rest.size() & 0xFFU)}) +
         rest;
}

} // namespace nvrhub::net::test
