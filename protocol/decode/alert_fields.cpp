#include "protocol/decode/alert_fields.hpp"

namespace nvrhub::protocol {

tl::expected<std::string, BadBody> decode_acknowledgement(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return std::string();
  const auto object = body::parse(text);
  if (!object) return tl::unexpected(object.error());
  const auto fields = body::only_fields(*object, {"note"}, "");
  if (!fields) return tl::unexpected(fields.error());
  const auto& note = fields->front();
  if (!note) return std::string();
  const auto its = json::as<std::string_view>(*note);
  if (!its || its->size() > max_reason_bytes || !(its->empty() || fleet::is_valid_name(*its)))
    return body::refuse(note, "note", std::string(a_name) + ", or an empty one");
  return std::string(*its);
}

std::optional<AlertFields> read_alert(std::string_view text) {
  const auto document = json::parse(text);
  const auto object = document ? json::as<json::Object>(*document) : std::nullopt;
  if (!object) return std::nullopt;
  AlertFields alert;
  const std::pair<std::string_view, std::string_view AlertFields::*> texts[] = {
      {"id", &AlertFields::id},
      {"rule", &AlertFields::rule},
      {"level", &AlertFields::level},
      {"severity", &AlertFields::severity},
      {"state", &AlertFields::state},
      {"change", &AlertFields::change},
      {"at", &AlertFields::at},
      {"site", &AlertFields::site},
      {"hostname", &AlertFields::hostname},
      {"camera", &AlertFields::camera},
      {"begun", &AlertFields::begun},
      {"fired", &AlertFields::fired},
      {"resolved", &AlertFields::resolved},
      {"maintenance", &AlertFields::maintenance}};
  for (const auto field : *object) {
    for (const auto& [name, member] : texts) {
      if (field.key == name) alert.*member = json::as<std::string_view>(field.value).value_or("");
    }
    if (field.key == "flapping") alert.flapping = json::as<bool>(field.value).value_or(false);
    if (field.key == "well_share") alert.well_share = json::as<double>(field.value);
    if (field.key == "nvr_id")
      alert.nvr_id = static_cast<std::uint32_t>(json::as<std::uint64_t>(field.value).value_or(0));
    if (field.key == "notified") {
      if (const auto names = json::as<json::Array>(field.value)) {
        for (const json::Element name : *names)
          alert.notified.push_back(json::as<std::string_view>(name).value_or(""));
      }
    }
    if (field.key != "acknowledged") continue;
    if (const auto its = json::as<json::Object>(field.value)) {
      const auto [by, note] = json::fields(*its, {"by", "note"});
      if (by) alert.acknowledged_by = json::as<std::string_view>(*by).value_or("");
      if (note) alert.acknowledged_note = json::as<std::string_view>(*note).value_or("");
    }
  }
  return alert.id.empty() ? std::nullopt : std::optional(alert);
}

} // namespace nvrhub::protocol
