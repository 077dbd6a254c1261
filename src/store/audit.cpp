#include "store/audit.hpp"

namespace nvrhub::store {

namespace {

std::string words_for(const fleet::Camera& camera) {
  return std::string(camera.status.text()) + " (" + std::string(to_string(camera.source)) + ", since " +
         std::to_string(camera.since) + ", address \"" + camera.ip_address + "\")";
}

} // namespace

void Audit::add(std::string problem) {
  if (report.problems.size() < most_problems) report.problems.push_back(std::move(problem));
}

void Audit::compare(const fleet::Nvr& replayed, const fleet::Nvr& kept) {
  const std::string name = "NVR " + std::to_string(kept.id) + " (" + kept.hostname + ")";
  if (replayed.id != kept.id || replayed.hostname != kept.hostname || replayed.device_name != kept.device_name ||
      replayed.site != kept.site) {
    add(name + " has another identity than the log gives it");
  }
  if (replayed.online != kept.online) {
    add(name + " is kept as " + (kept.online ? "online" : "offline") + ", the log makes it the other");
  }
  for (const fleet::Camera& camera : kept.cameras) {
    const fleet::Camera* const other = replayed.find(camera.name);
    if (other == nullptr) {
      add(name + ": the log knows no camera " + camera.name);
    } else if (*other != camera) {
      add(name + ": camera " + camera.name + " is kept as " + words_for(camera) + ", the log makes it " +
          words_for(*other));
    }
  }
  for (const fleet::Camera& camera : replayed.cameras) {
    if (kept.find(camera.name) == nullptr) add(name + ": camera " + camera.name + " of the log has no record");
  }
}

} // namespace nvrhub::store
