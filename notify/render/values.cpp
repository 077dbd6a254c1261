#include <array>

#include "notify/render/render.hpp"

namespace nvrhub::notify {

namespace {

constexpr std::size_t max_template_lines = 20;
constexpr std::array<std::string_view, 21> fields{
    "id", "kind", "title", "text", "severity", "site", "time", "firing", "resolved", "link", "channel",
    // of the first alert
    "alert", "rule", "hostname", "device_name", "camera", "state", "begun", "level", "acknowledged_by", "change"};

} // namespace

std::span<const std::string_view> template_fields() {
  return fields;
}

Template::Values template_values(const MessageView& view) {
  const alerts::Message& message = view.message;
  const AlertView& first = view.alerts.front();
  const std::size_t firing = firing_in(view);
  return {{"id", message.id},
          {"kind", std::string(alerts::to_string(message.kind))},
          {"title", title_of(view)},
          {"text", text_of(view, max_template_lines)},
          {"severity", std::string(alerts::to_string(message.severity))},
          {"site", message.site},
          {"time", iso_time(message.at)},
          {"firing", std::to_string(firing)},
          {"resolved", std::to_string(view.alerts.size() - firing)},
          {"link", link_of(view)},
          {"channel", message.channel},
          {"alert", first.id},
          {"rule", first.rule},
          {"hostname", first.hostname},
          {"device_name", first.device_name},
          {"camera", first.camera},
          {"state", std::string(alerts::to_string(first.state))},
          {"begun", iso_time(first.begun)},
          {"level", std::string(alerts::to_string(first.level))},
          {"acknowledged_by", first.acknowledged_by},
          {"change", std::string(alerts::to_string(first.change))}};
}

} // namespace nvrhub::notify
