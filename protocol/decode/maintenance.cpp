#include <cstdint>
#include <utility>

#include "protocol/decode/alert_fields.hpp"
#include "protocol/decode/alerts.hpp"
#include "protocol/encode/encode.hpp"

namespace nvrhub::protocol {

namespace {

constexpr std::string_view weekdays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

body::Result<fleet::WallMillis> decode_time(const body::Field& field, const std::string& path) {
  const auto text = field ? json::as<std::string_view>(*field) : std::nullopt;
  const auto time = text ? parse_iso8601(*text) : std::nullopt;
  if (!time) return body::refuse(field, path, "a time in UTC such as 2026-03-29T01:00:00Z");
  return *time;
}

body::Result<alerts::Once> decode_once(const body::Field& from, const body::Field& to) {
  const auto begin = decode_time(from, "from");
  if (!begin) return tl::unexpected(begin.error());
  const auto end = decode_time(to, "to");
  if (!end) return tl::unexpected(end.error());
  if (*end <= *begin || *end - *begin > alerts::max_once)
    return body::refuse(to, "to", "a time after from, by at most 90 days");
  return alerts::Once{*begin, *end};
}

/// "HH:MM" in minutes.
std::optional<std::int32_t> parse_time_of_day(std::string_view text) {
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9' ? text[at] - '0' : -1'000; };
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const int hours = digit(0) * 10 + digit(1);
  const int minutes = digit(3) * 10 + digit(4);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  return hours * 60 + minutes;
}

body::Result<std::uint8_t> decode_days(const body::Field& field) {
  const auto entries = field ? json::as<json::Array>(*field) : std::nullopt;
  if (!entries || entries->size() == 0 || entries->size() > 7)
    return body::refuse(field, "weekly.days", "an array of 1 to 7 of " + body::list_of(weekdays));
  std::uint8_t days = 0;
  std::size_t index = 0;
  for (const json::Element entry : *entries) {
    const auto day = body::choice(entry, "weekly.days[" + std::to_string(index++) + "]", weekdays);
    if (!day) return tl::unexpected(day.error());
    days = static_cast<std::uint8_t>(days | 1U << *day);
  }
  return days;
}

body::Result<alerts::Weekly> decode_weekly(const json::Element& element, const LoadZone& load_zone) {
  const auto object = json::as<json::Object>(element);
  if (!object) return body::refuse(element, "weekly", "an object with days, start, length and time_zone");
  const auto fields = body::only_fields(*object, {"days", "start", "length", "time_zone"}, "weekly.");
  if (!fields) return tl::unexpected(fields.error());
  const auto& [days, start, length, time_zone] = *fields;
  alerts::Weekly weekly;
  const auto mask = decode_days(days);
  if (!mask) return tl::unexpected(mask.error());
  weekly.days = *mask;
  const auto start_text = start ? json::as<std::string_view>(*start) : std::nullopt;
  const auto minutes = start_text ? parse_time_of_day(*start_text) : std::nullopt;
  if (!minutes) return body::refuse(start, "weekly.start", "a time of day from 00:00 to 23:59");
  weekly.start = *minutes;
  const auto lasting = body::duration(length, "weekly.length", 60'000, alerts::max_weekly, "from 1m to 6d");
  if (!lasting) return tl::unexpected(lasting.error());
  weekly.length = *lasting;
  const auto zone_name = time_zone ? json::as<std::string_view>(*time_zone) : std::nullopt;
  if (!zone_name) return body::refuse(time_zone, "weekly.time_zone", "a name of IANA's such as Europe/Berlin");
  auto zone = load_zone(*zone_name);
  if (!zone) return body::refuse("weekly.time_zone is wrong: " + zone.error(), "weekly.time_zone");
  weekly.zone = std::move(*zone);
  return weekly;
}

} // namespace

tl::expected<alerts::MaintenanceWindow, BadBody> decode_maintenance(std::string_view text, const LoadZone& load_zone) {
  const auto object = body::parse(text);
  if (!object) return tl::unexpected(object.error());
  const auto fields = body::only_fields(*object, {"reason", "filter", "from", "to", "weekly"}, "");
  if (!fields) return tl::unexpected(fields.error());
  const auto& [reason, filter, from, to, weekly] = *fields;
  alerts::MaintenanceWindow window;
  const auto why = reason ? json::as<std::string_view>(*reason) : std::nullopt;
  if (!why || why->size() > max_reason_bytes || !fleet::is_valid_name(*why))
    return body::refuse(reason, "reason", a_name);
  window.reason = *why;
  auto scope = body::scope(filter, "filter");
  if (!scope) return tl::unexpected(scope.error());
  window.filter = std::move(*scope);
  if (!weekly) {
    const auto once = decode_once(from, to);
    if (!once) return tl::unexpected(once.error());
    window.times = *once;
    return window;
  }
  if (from || to) {
    const std::string path = from ? "from" : "to";
    return body::refuse(from ? from : to, path, "either from and to, or weekly");
  }
  auto repeated = decode_weekly(*weekly, load_zone);
  if (!repeated) return tl::unexpected(std::move(repeated.error()));
  window.times = std::move(*repeated);
  return window;
}

} // namespace nvrhub::protocol
