#include "client/tail/event_lines.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "client/local_time.hpp"

namespace nvrhub::client {

namespace {

using Json = nlohmann::ordered_json;

std::string counted(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string status_of(const Json& camera) {
  return text_of(camera, "status");
}

bool names_wanted_camera(const Json& event, const CameraFilter& cameras) {
  const Json& changes = list_of(event, "cameras");
  return std::any_of(changes.begin(), changes.end(),
                     [&](const Json& change) { return cameras.wants(text_of(change, "name")); });
}

bool has_wanted_camera(const Json& nvr, const CameraFilter& cameras) {
  return nvr.is_object() && names_wanted_camera(nvr, cameras);
}

const Json& nvr_of(const Json& event) {
  static const Json none;
  const auto found = event.find("nvr");
  return found == event.end() ? none : *found;
}

const Json& alert_of(const Json& event) {
  static const Json none = Json::object();
  const auto found = event.find("alert");
  return found == event.end() || !found->is_object() ? none : *found;
}

/// "[Main] NVR-Main-Branch (DESKTOP-T7MNQIA)"
std::string subject_of(const Json& event, const KnownNvr* known) {
  const Json& nvr = nvr_of(event);
  const std::string hostname = text_of(event, "hostname");
  const std::string device_name =
      nvr.is_object() ? text_of(nvr, "device_name") : (known != nullptr ? known->device_name : "");
  const std::string site =
      nvr.is_object() ? text_of(nvr, "site") : (known != nullptr ? known->site : text_of(alert_of(event), "site"));
  std::string text = site.empty() ? "" : "[" + site + "]";
  if (hostname.empty()) return text; // an alert of a site
  if (!text.empty()) text += " ";
  if (device_name.empty() || device_name == hostname) return text + hostname;
  return text + device_name + " (" + hostname + ")";
}

void add_camera_changes(const Json& event, const CameraFilter& cameras, std::vector<std::string>& texts) {
  std::string_view because = "based on NVR systemStatus";
  for (const Json& change : list_of(event, "cameras")) {
    const std::string source = text_of(change, "status_source");
    if (source == "manual") because = "set manually";
    if (source == "assumed") because = "assumed online: the NVR sent no systemStatus";
    const std::string name = text_of(change, "name");
    const std::string from = text_of(change, "from");
    if (from == status_of(change) || !cameras.wants(name)) continue; // only its source changed
    texts.push_back(fmt::format("Camera {}: {} → {}", name, from.empty() ? "?" : from, status_of(change)));
  }
  const std::uint64_t updated = number_of(event, "cameras_updated");
  if (updated > 0) texts.push_back(fmt::format("Updated {} {}", counted(updated, "camera"), because));
}

/// "NVR online with 2 of 3 cameras online"
std::string state_of(const Json& nvr) {
  const Json& cameras = list_of(nvr, "cameras");
  const auto online =
      std::count_if(cameras.begin(), cameras.end(), [](const Json& camera) { return status_of(camera) == "online"; });
  return fmt::format("NVR {} with {} of {} online", text_of(nvr, "status"), online, counted(cameras.size(), "camera"));
}

void add_registration(const Json& event, const KnownNvr* known, std::vector<std::string>& texts) {
  const Json& nvr = nvr_of(event);
  const std::size_t before = texts.size();
  // What is known from a snapshot that is younger than the event says nothing about the time before it.
  if (known != nullptr && known->seq < number_of(event, "seq")) {
    const auto compare = [&](const std::string& what, const std::string& was, const std::string& is) {
      const auto shown = [](const std::string& text) { return text.empty() ? "none" : text; };
      if (was != is) texts.push_back(what + ": " + shown(was) + " → " + shown(is));
    };
    compare("Hostname", known->hostname, text_of(nvr, "hostname"));
    compare("Device name", known->device_name, text_of(nvr, "device_name"));
    compare("Site", known->site, text_of(nvr, "site"));
    if (texts.size() == before) {
      texts.push_back("Cameras or addresses changed, now " + counted(list_of(nvr, "cameras").size(), "camera"));
    }
    return;
  }
  texts.push_back("Registered with " + counted(list_of(nvr, "cameras").size(), "camera"));
}

/// "Alert camera-not-online of CAM-001: fired (warning)"
std::string alert_text(const Json& alert) {
  const std::string camera = text_of(alert, "camera");
  std::string text = fmt::format("Alert {}{}: {}", text_of(alert, "rule"), camera.empty() ? "" : " of " + camera,
                                 text_of(alert, "change"));
  const auto who = alert.find("acknowledged");
  if (text_of(alert, "change") != "acknowledged" || who == alert.end())
    return fmt::format("{} ({})", text, text_of(alert, "severity"));
  const std::string note = text_of(*who, "note");
  return fmt::format("{} by {}{}", text, text_of(*who, "by"), note.empty() ? "" : ": " + note);
}

std::vector<std::string> texts_of(const Json& event, const CameraFilter& cameras, const KnownNvr* known) {
  std::vector<std::string> texts;
  const std::string kind = text_of(event, "kind");
  if (kind == "cameras") {
    add_camera_changes(event, cameras, texts);
  } else if (kind == "nvr_online") {
    texts.emplace_back("NVR online");
    add_camera_changes(event, cameras, texts);
  } else if (kind == "nvr_offline") {
    texts.push_back(fmt::format("NVR offline ({}), {} went offline with it", text_of(event, "cause"),
                                counted(number_of(event, "cameras_updated"), "camera")));
  } else if (kind == "registered") {
    add_registration(event, known, texts);
  } else if (kind == "entered") {
    texts.push_back("Now matches the filter: " + state_of(nvr_of(event)));
  } else if (kind == "left") {
    texts.emplace_back("No longer matches the filter");
  } else if (kind == "removed") {
    texts.emplace_back("NVR removed");
  } else if (kind == "alert") {
    texts.push_back(alert_text(alert_of(event)));
  } else if (kind == "conflict" || kind == "admin") {
    texts.push_back((kind == "admin" ? "Administration: " : "Conflict: ") + text_of(event, "detail"));
  } else { // of a newer server
    texts.push_back(kind + ": " + event.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  return texts;
}

} // namespace

bool is_wanted(const Json& event, const CameraFilter& cameras, const KnownNvr* known) {
  if (cameras.is_empty()) return true;
  const std::string kind = text_of(event, "kind");
  if (kind == "cameras" || kind == "nvr_online") return names_wanted_camera(event, cameras);
  const bool had_it = known == nullptr || known->has_wanted_camera;
  if (kind == "nvr_offline" || kind == "removed" || kind == "left") return had_it;
  if (kind == "registered" || kind == "entered") {
    return has_wanted_camera(nvr_of(event), cameras) || (known != nullptr && known->has_wanted_camera);
  }
  if (kind == "alert") {
    const std::string camera = text_of(alert_of(event), "camera");
    return camera.empty() ? had_it : cameras.wants(camera);
  }
  return false; // conflict, admin
}

std::string event_lines(const Json& event, const CameraFilter& cameras, const KnownNvr* known) {
  const std::string subject = subject_of(event, known);
  const std::string head = local_time(text_of(event, "timestamp")) + " " + (subject.empty() ? "" : subject + ": ");
  std::string lines;
  for (const std::string& text : texts_of(event, cameras, known)) {
    lines += printable(head + text) + "\n";
  }
  return lines;
}

} // namespace nvrhub::client
