#include "client/local_time.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace nvrhub::client {

namespace {

std::string in_this_zone(std::time_t time) {
  std::tm parts{};
  localtime_r(&time, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts)};
}

} // namespace

std::string local_time(std::string_view iso8601) {
  std::tm parts{};
  const std::string text(iso8601);
  if (text.empty() || text.back() != 'Z' || strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr)
    return std::string(iso8601);
  return in_this_zone(timegm(&parts));
}

std::string local_time_now() {
  return in_this_zone(std::time(nullptr));
}

std::string printable(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const auto next = at + 1 < text.size() ? static_cast<unsigned char>(text[at + 1]) : 0;
    const bool is_c1 = byte == 0xC2 && next >= 0x80 && next < 0xA0; // U+0080 to U+009F
    result += byte < 0x20 || byte == 0x7F || is_c1 ? '?' : text[at];
    if (is_c1) ++at;
  }
  return result;
}

} // namespace nvrhub::client
