#include "app/log/change_line.hpp"

#include <string_view>
#include <vector>

namespace nvrhub::app {

namespace {

constexpr std::size_t max_changes_text = 4096; // ten of the longest names and statuses need less

std::string_view message_of(fleet::Kind kind) {
  switch (kind) {
  case fleet::Kind::nvr_online:
    return "NVR online";
  case fleet::Kind::nvr_offline:
    return "NVR offline";
  case fleet::Kind::cameras:
    return "camera status changed";
  case fleet::Kind::removed:
    return "NVR removed";
  case fleet::Kind::registered:
    return "camera removed";
  case fleet::Kind::conflict:
  case fleet::Kind::admin:
  case fleet::Kind::alert:
    break; // change no status
  }
  return "status changed";
}

/// `CAM-001: offline → online, CAM-002: online → video_loss, and 3 more`
std::string list_changes(const fleet::Event& event) {
  std::string text;
  std::size_t changes = 0;
  for (const fleet::CameraChange& change : event.cameras) {
    if (change.from == change.status) continue; // only the source changed
    if (++changes > max_listed_changes) continue;
    if (!text.empty()) text += ", ";
    text.append(change.name).append(": ").append(change.from.text()).append(" → ").append(change.status.text());
  }
  if (changes > max_listed_changes) text += ", and " + std::to_string(changes - max_listed_changes) + " more";
  return text;
}

} // namespace

std::string change_payload(LogFormat format, const fleet::Event& event) {
  const std::string changes = list_changes(event);
  std::vector<actors::Field> fields{{"kind", to_string(event.kind)},
                                    {"hostname", event.hostname},
                                    {"device_name", event.device_name},
                                    {"seq", event.seq}};
  if (event.cause) fields.emplace_back("cause", to_string(*event.cause));
  fields.emplace_back("cameras_updated", event.cameras_updated);
  if (!changes.empty()) fields.emplace_back("changes", changes);
  return log_payload(format, "status_change", message_of(event.kind), fields, max_changes_text);
}

} // namespace nvrhub::app
