#include "app/cli/time_value.hpp"

#include <chrono>
#include <ctime>

#include "protocol/encode/encode.hpp"

namespace nvrhub::app {

namespace {

/// mktime() turns 31 February and the hour that is skipped in spring into another time.
bool is_same(const std::tm& a, const std::tm& b) {
  return a.tm_year == b.tm_year && a.tm_mon == b.tm_mon && a.tm_mday == b.tm_mday && a.tm_hour == b.tm_hour &&
         a.tm_min == b.tm_min && a.tm_sec == b.tm_sec;
}

std::optional<fleet::WallMillis> parse_local(const std::string& text, const char* format) {
  std::tm given{};
  const char* const end = strptime(text.c_str(), format, &given);
  if (end == nullptr || *end != '\0') return std::nullopt;
  std::tm normalized = given;
  normalized.tm_isdst = -1;
  const std::time_t time = std::mktime(&normalized);
  if (time == -1 || !is_same(given, normalized)) return std::nullopt;
  return static_cast<fleet::WallMillis>(time) * 1'000;
}

} // namespace

std::optional<fleet::WallMillis> parse_time(const std::string& text) {
  using std::chrono::milliseconds;
  if (text == "now")
    return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  if (const auto time = protocol::parse_iso8601(text)) return time;
  for (const char* format : {"%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"}) {
    if (const auto time = parse_local(text, format)) return time;
  }
  return std::nullopt;
}

CLI::Validator time_check() {
  return {[](std::string& text) {
            return parse_time(text) ? ""
                                    : "\"" + text +
                                          "\" is not a time: use now, a local time such as \"2024-01-15 22:00\", or "
                                          "UTC such as 2024-01-15T21:00:00Z";
          },
          "", "time"};
}

} // namespace nvrhub::app
