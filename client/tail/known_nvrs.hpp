#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace nvrhub::client {

/// What lines about an NVR need and its events do not contain.
struct KnownNvr {
  std::string hostname;
  std::string device_name;
  std::string site; // empty: none
  std::size_t cameras = 0;
  bool has_wanted_camera = true; // one that --camera selects
  std::uint64_t seq = 0;         // from when on this holds
};

/// Which cameras are wanted: shell patterns (`CAM-0*`); none: all.
class CameraFilter {
public:
  explicit CameraFilter(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}

  bool is_empty() const { return patterns_.empty(); }
  bool wants(const std::string& camera) const;

private:
  std::vector<std::string> patterns_;
};

/// The NVRs of a stream by `nvr_id`, from its snapshot and its events.
///
/// A stream that begins in the past meets a snapshot of the present: an NVR that has moved since is shown with today's
/// site until an event of the stream contains the NVR.
class KnownNvrs {
public:
  explicit KnownNvrs(const CameraFilter& cameras) : cameras_(cameras) {}

  /// `nvr`: as in a snapshot or in an event `registered`. Replaces what was known.
  void put(const nlohmann::ordered_json& nvr, std::uint64_t seq);
  /// Null: unknown.
  const KnownNvr* find(std::uint64_t nvr_id) const;
  void erase(std::uint64_t nvr_id) { nvrs_.erase(nvr_id); }
  void clear() { nvrs_.clear(); }

private:
  const CameraFilter& cameras_;
  std::map<std::uint64_t, KnownNvr> nvrs_;
};

/// Values of JSON that comes from outside: of another type or missing, an empty one.
std::string text_of(const nlohmann::ordered_json& object, std::string_view key);
std::uint64_t number_of(const nlohmann::ordered_json& object, std::string_view key);
/// An empty array if it is none.
const nlohmann::ordered_json& list_of(const nlohmann::ordered_json& object, std::string_view key);

} // namespace nvrhub::client
