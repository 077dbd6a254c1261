#include <array>
#include <charconv>

#include "protocol/encode/encode.hpp"
#include "protocol/json/writer.hpp"

namespace nvrhub::protocol {

std::string seconds_text(fleet::WallMillis millis) {
  std::string text = std::to_string(millis / 1'000);
  if (const auto rest = millis % 1'000; rest != 0) {
    text += '.' + std::to_string(1'000 + rest).substr(1);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text;
}

std::optional<std::string> share_text(const fleet::Availability& availability) {
  const auto share = availability.share();
  if (!share) return std::nullopt;
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), *share);
  return std::string(text.data(), end);
}

std::string encode_availability(const fleet::Span& range, const fleet::Availability& availability) {
  Writer writer(192 + availability.outages.size() * 96);
  writer.begin_object()
      .field("from", iso8601(range.from))
      .field("to", iso8601(range.to))
      .key("online_s")
      .raw(seconds_text(availability.online))
      .key("offline_s")
      .raw(seconds_text(availability.offline))
      .key("unobserved_s")
      .raw(seconds_text(availability.unobserved))
      .key("share")
      .raw(share_text(availability).value_or("null"))
      .key("outages")
      .begin_array();
  for (const fleet::Outage& outage : availability.outages) {
    writer.begin_object()
        .field("from", iso8601(outage.from))
        .field("to", iso8601(outage.to))
        .text_or_null("cause", outage.cause)
        .end_object();
  }
  writer.end_array().key("observed").begin_array();
  for (const fleet::Span& span : availability.observed) {
    writer.begin_object().field("from", iso8601(span.from)).field("to", iso8601(span.to)).end_object();
  }
  writer.end_array();
  if (availability.left_out > 0) writer.field("outages_left_out", availability.left_out);
  return writer.end_object().take();
}

std::string encode_timeline(const fleet::Span& range, std::int64_t step_s, std::span<const TimelinePoint> points) {
  Writer writer(128 + points.size() * 160);
  writer.begin_object()
      .field("from", iso8601(range.from))
      .field("to", iso8601(range.to))
      .field("step_s", step_s)
      .key("points")
      .begin_array();
  for (const TimelinePoint& point : points) {
    writer.begin_object()
        .field("time", iso8601(point.at))
        .field("events", point.events)
        .key("nvrs")
        .begin_object()
        .field("online", point.nvrs_online)
        .field("offline", point.nvrs_offline)
        .end_object()
        .key("cameras")
        .begin_object()
        .field("online", point.cameras_online)
        .field("offline", point.cameras_offline)
        .field("other", point.cameras_other)
        .end_object()
        .end_object();
  }
  return writer.end_array().end_object().take();
}

} // namespace nvrhub::protocol
