#include "store/integrity/check_collector.hpp"

namespace nvrhub::store {

namespace {

std::string describe_camera(const fleet::Camera& camera) {
  return std::string(camera.status.text()) + " (" + std::string(to_string(camera.source)) + ", since " +
         std::to_string(camera.since) + ", address \"" + camera.ip_address + "\")";
}

} // namespace

void CheckCollector::add(std::string problem) {
  if (report.problems.size() < max_problems) report.problems.push_back(std::move(problem));
}

void CheckCollector::compare(const fleet::Nvr& replayed, const fleet::Nvr& stored) {
  const std::string name = "NVR " + std::to_string(stored.id) + " (" + stored.hostname + ")";
  if (replayed.id != stored.id || replayed.hostname != stored.hostname || replayed.device_name != stored.device_name ||
      replayed.site != stored.site) {
    add(name + " has another identity than in the log");
  }
  if (replayed.online != stored.online) {
    add(name + " is stored as " + (stored.online ? "online, but is offline" : "offline, but is online") +
        " in the log");
  }
  for (const fleet::Camera& camera : stored.cameras) {
    const fleet::Camera* const other = replayed.find(camera.name);
    if (other == nullptr) {
      add(name + ": camera " + camera.name + " is not in the log");
    } else if (*other != camera) {
      add(name + ": camera " + camera.name + " is stored as " + describe_camera(camera) + ", but in the log is " +
          describe_camera(*other));
    }
  }
  for (const fleet::Camera& camera : replayed.cameras) {
    if (stored.find(camera.name) == nullptr)
      add(name + ": camera " + camera.name + " is in the log, but has no record");
  }
}

} // namespace nvrhub::store
