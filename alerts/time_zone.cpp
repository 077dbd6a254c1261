#include "alerts/time_zone.hpp"

#include <algorithm>
#include <cstddef>

#include "alerts/calendar.hpp"

namespace nvrhub::alerts {

namespace {

constexpr std::size_t header_bytes = 44;

/// Big-endian, with a sign.
std::int64_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = (static_cast<unsigned char>(bytes[at]) & 0x80) != 0 ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < size; ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return static_cast<std::int64_t>(value);
}

/// The six counts of a header, and where its data ends.
struct Block {
  std::size_t ut_local = 0, standard = 0, leaps = 0, times = 0, types = 0, characters = 0;

  Block(std::string_view bytes, std::size_t at) {
    std::size_t* const counts[] = {&ut_local, &standard, &leaps, &times, &types, &characters};
    for (std::size_t i = 0; i < 6; ++i)
      *counts[i] = static_cast<std::size_t>(number_at(bytes, at + 20 + 4 * i, 4) & 0xFFFF'FFFF);
  }
  std::size_t size(std::size_t time_bytes) const {
    return times * (time_bytes + 1) + types * 6 + characters + leaps * (time_bytes + 4) + standard + ut_local;
  }
};

bool has_header(std::string_view bytes, std::size_t at) {
  return bytes.size() >= at + header_bytes && bytes.substr(at, 4) == "TZif";
}

} // namespace

tl::expected<TimeZone, std::string> TimeZone::parse(std::string name, std::string_view tzif) {
  const auto broken = [&](std::string_view why) {
    return tl::unexpected("the data of time zone " + name +
                          " is not a TZif file of version 2 or later: " + std::string(why));
  };
  if (tzif.size() > 1 << 20) return broken("it is larger than 1 MiB");
  if (!has_header(tzif, 0)) return broken("it has no header");
  if (tzif[4] < '2') return broken("its version is 1");
  const std::size_t second = header_bytes + Block(tzif, 0).size(4); // version 1 data comes first, with 32-bit times
  if (!has_header(tzif, second)) return broken("it ends early");
  const Block block(tzif, second);
  const std::size_t times = second + header_bytes;
  const std::size_t footer = times + block.size(8);
  if (block.types == 0 || tzif.size() < footer + 2 || tzif[footer] != '\n') return broken("it ends early");

  const std::size_t indexes = times + block.times * 8;
  const std::size_t types = indexes + block.times;
  TimeZone zone;
  zone.first_offset_ = number_at(tzif, types, 4);
  for (std::size_t i = 0; i < block.times; ++i) {
    const auto type = static_cast<unsigned char>(tzif[indexes + i]);
    const std::int64_t at = number_at(tzif, times + i * 8, 8);
    if (type >= block.types) return broken("a transition has no type");
    if (!zone.transitions_.empty() && at <= zone.transitions_.back().at) return broken("its transitions are unordered");
    zone.transitions_.push_back({at, number_at(tzif, types + type * std::size_t{6}, 4)});
  }
  const std::string_view text = tzif.substr(footer + 1, tzif.find('\n', footer + 1) - footer - 1);
  if (!text.empty()) {
    zone.after_ = PosixZone::parse(text);
    if (!zone.after_) return broken("its last line is unknown");
  }
  zone.name_ = std::move(name);
  return zone;
}

std::int64_t TimeZone::offset_at(std::int64_t utc) const {
  const auto next = std::upper_bound(transitions_.begin(), transitions_.end(), utc,
                                     [](std::int64_t wanted, const Transition& other) { return wanted < other.at; });
  if (next == transitions_.end() && after_) return after_->offset_at(utc);
  return next == transitions_.begin() ? first_offset_ : (next - 1)->offset;
}

std::int64_t TimeZone::to_utc(std::int64_t local) const {
  // Offsets are less than a day, and no zone changes twice within two days.
  const std::int64_t before = offset_at(local - day_seconds);
  const std::int64_t after = offset_at(local + day_seconds);
  const std::int64_t first = local - std::max(before, after);
  const std::int64_t last = local - std::min(before, after);
  for (const std::int64_t utc : {first, last}) {
    if (utc + offset_at(utc) == local) return utc;
  }
  std::int64_t low = first - day_seconds; // skipped: find the change; the old offset still applies here
  std::int64_t high = last + day_seconds;
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (offset_at(middle) == before ? low : high) = middle;
  }
  return high;
}

} // namespace nvrhub::alerts
