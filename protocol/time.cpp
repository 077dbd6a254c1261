#include <algorithm>
#include <chrono>

#include "protocol/encode/encode.hpp"

namespace nvrhub::protocol {

namespace {

using namespace std::chrono;

constexpr fleet::WallMillis first_millis = sys_time<milliseconds>(sys_days(year(0) / 1 / 1)).time_since_epoch().count();
constexpr fleet::WallMillis last_millis =
    sys_time<milliseconds>(sys_days(year(10000) / 1 / 1)).time_since_epoch().count() - 1;

void put(char* to, int digits, unsigned value) {
  for (char* at = to + digits; at != to; value /= 10)
    *--at = static_cast<char>('0' + value % 10);
}

/// Reads fields from the front of a text. After one failure everything fails.
class Reader {
public:
  explicit Reader(std::string_view text) : rest_(text) {}

  int number(std::size_t digits) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (i >= rest_.size() || !is_digit(rest_[i])) return fail();
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }

  bool accept(char wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char wanted) {
    if (!accept(wanted)) fail();
  }

  /// A fraction of a second with at least one digit, truncated to milliseconds.
  int fraction() {
    int millis = 0;
    int scale = 100;
    if (rest_.empty() || !is_digit(rest_.front())) return fail();
    for (; !rest_.empty() && is_digit(rest_.front()); rest_.remove_prefix(1), scale /= 10) {
      millis += (rest_.front() - '0') * scale;
    }
    return millis;
  }

  bool finished() const { return good_ && rest_.empty(); }

private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  int fail() {
    good_ = false;
    return 0;
  }

  std::string_view rest_;
  bool good_ = true;
};

minutes read_offset(Reader& reader, bool& in_range) {
  if (reader.accept('Z')) return minutes(0);
  const bool west = reader.accept('-');
  if (!west) reader.expect('+');
  const int hour = reader.number(2);
  reader.expect(':');
  const int minute = reader.number(2);
  in_range = hour < 24 && minute < 60;
  const minutes offset = hours(hour) + minutes(minute);
  return west ? -offset : offset;
}

} // namespace

std::string iso8601(fleet::WallMillis at) {
  const sys_time<milliseconds> time(milliseconds(std::clamp(at, first_millis, last_millis)));
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  std::string text = "0000-00-00T00:00:00.000Z";
  put(&text[0], 4, static_cast<unsigned>(static_cast<int>(date.year())));
  put(&text[5], 2, static_cast<unsigned>(date.month()));
  put(&text[8], 2, static_cast<unsigned>(date.day()));
  put(&text[11], 2, static_cast<unsigned>(clock.hours().count()));
  put(&text[14], 2, static_cast<unsigned>(clock.minutes().count()));
  put(&text[17], 2, static_cast<unsigned>(clock.seconds().count()));
  put(&text[20], 3, static_cast<unsigned>(clock.subseconds().count()));
  return text;
}

std::optional<fleet::WallMillis> parse_iso8601(std::string_view text) {
  Reader reader(text);
  const int y = reader.number(4);
  reader.expect('-');
  const int m = reader.number(2);
  reader.expect('-');
  const int d = reader.number(2);
  reader.expect('T');
  const int hour = reader.number(2);
  reader.expect(':');
  const int minute = reader.number(2);
  reader.expect(':');
  const int second = reader.number(2);
  const int millis = reader.accept('.') ? reader.fraction() : 0;
  bool in_range = true;
  const minutes offset = read_offset(reader, in_range);
  if (!reader.finished() || !in_range || hour > 23 || minute > 59 || second > 59) return std::nullopt;

  const auto date = year(y) / month(static_cast<unsigned>(m)) / day(static_cast<unsigned>(d));
  if (!date.ok()) return std::nullopt;
  const auto time = sys_days(date) + hours(hour) + minutes(minute) + seconds(second) + milliseconds(millis) - offset;
  return time.time_since_epoch().count();
}

std::string hours_or_days(std::chrono::hours time) {
  const auto count = time.count();
  return count < 48 ? std::to_string(count) + " hours" : std::to_string(count / 24) + " days";
}

} // namespace nvrhub::protocol
