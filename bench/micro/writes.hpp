#pragma once

#include <filesystem>
#include <string>

#include <unistd.h>

#include "heartbeat.hpp"
#include "store/store.hpp"

namespace bench {

/// A directory that is removed with the object.
class Folder {
public:
  explicit Folder(const std::filesystem::path& within) : path_(unused(within)) {}
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }

private:
  static std::filesystem::path unused(const std::filesystem::path& within) {
    static int count = 0;
    return within / ("nvrhub-bench-" + std::to_string(getpid()) + "-" + std::to_string(++count));
  }

  std::filesystem::path path_;
};

/// Registers an NVR with the cameras of a heartbeat.
inline nvrhub::store::Write registration_of(nvrhub::fleet::NvrId id) {
  nvrhub::store::Write write;
  nvrhub::fleet::Event& event = write.events.emplace_back();
  event.kind = nvrhub::fleet::Kind::registered;
  nvrhub::fleet::Nvr& nvr = event.nvr.emplace();
  nvr.hostname = nvr.device_name = "DESKTOP-" + std::to_string(id);
  for (std::size_t i = 0; i < camera_count; ++i)
    nvr.add(camera_name(i), camera_address(i));
  return write;
}

/// Sets the first camera of an NVR.
inline nvrhub::store::Write change_of(nvrhub::fleet::NvrId id, const nvrhub::fleet::Status& status) {
  nvrhub::store::Write write;
  write.nvr_id = id;
  nvrhub::fleet::Event& event = write.events.emplace_back();
  event.cameras.push_back({camera_name(0), status, nvrhub::fleet::Source::reported});
  event.cameras_updated = 1;
  return write;
}

} // namespace bench
