#include <cstdint>
#include <utility>

#include "fleet/names.hpp"
#include "protocol/decode/decode.hpp"
#include "protocol/decode/expected.hpp"
#include "protocol/decode/report.hpp"
#include "protocol/encode/encode.hpp"
#include "protocol/json/members.hpp"
#include "protocol/json/parser.hpp"
#include "protocol/json/writer.hpp"
#include "protocol/limits.hpp"

namespace nvrhub::protocol {

namespace {

constexpr std::string_view message_fields[] = {"type", "id", "hostname", "token", "systemStatus", "timestamp"};
constexpr std::string_view a_type = "auth or heartbeat";

/// Nothing if it is not a valid id.
std::optional<Id> decode_id(const json::Element& element) {
  if (const auto number = json::as<std::int64_t>(element)) return std::to_string(*number);
  if (const auto number = json::as<std::uint64_t>(element)) return std::to_string(*number);
  const auto text = json::as<std::string_view>(element);
  if (!text || text->size() > max_id_bytes || !fleet::is_utf8(*text) || json::has_lone_surrogate(*text)) {
    return std::nullopt;
  }
  Writer writer;
  return writer.value(*text).take();
}

} // namespace

tl::expected<NvrMessage, Refusal> decode_nvr_message(std::string_view frame) {
  std::optional<Id> id;
  const auto refuse = [&id](std::string message, bool counts = true) {
    return tl::unexpected(Refusal{ErrorCode::bad_message, std::move(message), std::move(id), counts});
  };

  const auto document = json::parse(frame);
  if (!document) return tl::unexpected(Refusal{ErrorCode::bad_json, document.error(), std::nullopt, true});
  const auto object = json::as<json::Object>(*document);
  if (!object) return refuse("a message is a JSON object");
  const auto [type_field, id_field, hostname_field, token_field, status_field, timestamp_field] =
      json::fields(*object, message_fields);

  if (id_field) id = decode_id(*id_field);
  const auto type = type_field ? json::as<std::string_view>(*type_field) : std::nullopt;
  if (!type) return refuse(missing_or_wrong(type_field, "type", a_type));
  if (type != "auth" && type != "heartbeat") {
    if (json::has_lone_surrogate(*type)) return refuse(wrong(*type_field, "type", a_type));
    return refuse("type is unknown: expected " + std::string(a_type), false);
  }
  if (id_field && !id) return refuse(wrong(*id_field, "id", an_id));

  ReportPtr report;
  if (status_field) {
    auto decoded = decode_report(*status_field);
    if (!decoded) return refuse(std::move(decoded.error()));
    report = std::move(*decoded);
  }

  if (type == "heartbeat") {
    const auto text = timestamp_field ? json::as<std::string_view>(*timestamp_field) : std::nullopt;
    Heartbeat heartbeat{std::move(report), text ? parse_iso8601(*text) : std::nullopt, std::nullopt, std::nullopt};
    if (heartbeat.report && heartbeat.timestamp) {
      if (const auto at = json::locate(frame, *object, "timestamp"))
        heartbeat.timestamp_at = {at->begin + 1, at->end - 1};
    }
    if (heartbeat.report && id) heartbeat.id_at = json::locate(frame, *object, "id");
    return NvrMessage{std::move(heartbeat), std::move(id)};
  }

  const auto hostname = hostname_field ? json::as<std::string_view>(*hostname_field) : std::nullopt;
  if (!hostname || !fleet::is_addressable_name(*hostname)) {
    return refuse(missing_or_wrong_name(hostname_field, "hostname"));
  }
  Auth auth{std::string(*hostname), std::move(report), std::nullopt};
  if (token_field) {
    const auto token = json::as<std::string_view>(*token_field);
    if (!token || json::has_lone_surrogate(*token)) return refuse(wrong(*token_field, "token", "a string or null"));
    auth.token = *token;
  }
  return NvrMessage{std::move(auth), std::move(id)};
}

} // namespace nvrhub::protocol
