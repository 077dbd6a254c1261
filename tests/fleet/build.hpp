#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "fleet/nvr.hpp"
#include "fleet/report.hpp"

namespace nvrhub::fleet::test {

inline Status status(std::string_view text) {
  return Status::parse(text).value();
}

struct Entry {
  std::string_view name;
  std::string_view status;
  std::optional<std::string_view> ip_address = std::nullopt;
};

/// A report of literals, which need no owner.
inline std::unique_ptr<Report> report(std::initializer_list<Entry> entries) {
  auto made = std::make_unique<Report>();
  std::uint32_t index = 0;
  for (const Entry& entry : entries) {
    made->cameras.push_back({index++, entry.name, entry.ip_address, status(entry.status)});
  }
  return made;
}

/// An NVR that is online, with these cameras, each reported at time 1.
inline Nvr nvr(std::initializer_list<Entry> cameras) {
  Nvr made;
  made.id = 1;
  made.hostname = "DESKTOP-T7MNQIA";
  made.device_name = "NVR-Main-Branch";
  made.online = true;
  for (const Entry& entry : cameras) {
    Camera& camera = made.add(entry.name, entry.ip_address.value_or(""));
    camera.status = status(entry.status);
    camera.since = 1;
  }
  return made;
}

inline std::vector<std::string_view> statuses(const Nvr& nvr) {
  std::vector<std::string_view> found;
  for (const Camera& camera : nvr.cameras)
    found.push_back(camera.status.text());
  return found;
}

inline std::vector<std::string_view> names(const Nvr& nvr) {
  std::vector<std::string_view> found;
  for (const Camera& camera : nvr.cameras)
    found.push_back(camera.name);
  return found;
}

using Texts = std::vector<std::string_view>;

} // namespace nvrhub::fleet::test
