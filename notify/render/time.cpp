#include <array>
#include <cstdio>
#include <ctime>

#include "notify/render/render.hpp"

namespace nvrhub::notify {

namespace {

std::string formatted(fleet::WallMillis at, const char* format) {
  const auto seconds = static_cast<std::time_t>(at / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

} // namespace

std::string iso_time(fleet::WallMillis at) {
  std::array<char, 8> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ", static_cast<int>(at % 1000));
  return formatted(at, "%Y-%m-%dT%H:%M:%S") + fraction.data();
}

std::string plain_time(fleet::WallMillis at) {
  return formatted(at, "%Y-%m-%d %H:%M:%S UTC");
}

std::string mail_time(fleet::WallMillis at) {
  return formatted(at, "%a, %d %b %Y %H:%M:%S +0000"); // the program never leaves the C locale
}

std::string plain_duration(fleet::WallMillis length) {
  const fleet::WallMillis seconds = length / 1000;
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 7200) return std::to_string(seconds / 60) + " min";
  if (seconds < 172'800) return std::to_string(seconds / 3600) + " h";
  return std::to_string(seconds / 86'400) + " days";
}

} // namespace nvrhub::notify
