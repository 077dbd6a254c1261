#include "client/tail/known_nvrs.hpp"

#include <algorithm>

#include <fnmatch.h>

namespace nvrhub::client {

bool CameraFilter::wants(const std::string& camera) const {
  return patterns_.empty() || std::any_of(patterns_.begin(), patterns_.end(), [&](const std::string& pattern) {
           return fnmatch(pattern.c_str(), camera.c_str(), 0) == 0;
         });
}

void KnownNvrs::put(const nlohmann::ordered_json& nvr, std::uint64_t seq) {
  const auto& cameras = list_of(nvr, "cameras");
  const bool has_wanted =
      cameras_.is_empty() || std::any_of(cameras.begin(), cameras.end(), [&](const nlohmann::ordered_json& camera) {
        return cameras_.wants(text_of(camera, "name"));
      });
  nvrs_[number_of(nvr, "nvr_id")] = {.hostname = text_of(nvr, "hostname"),
                                     .device_name = text_of(nvr, "device_name"),
                                     .site = text_of(nvr, "site"),
                                     .cameras = cameras.size(),
                                     .has_wanted_camera = has_wanted,
                                     .seq = seq};
}

const KnownNvr* KnownNvrs::find(std::uint64_t nvr_id) const {
  const auto found = nvrs_.find(nvr_id);
  return found == nvrs_.end() ? nullptr : &found->second;
}

std::string text_of(const nlohmann::ordered_json& object, std::string_view key) {
  const auto found = object.is_object() ? object.find(std::string(key)) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t number_of(const nlohmann::ordered_json& object, std::string_view key) {
  const auto found = object.is_object() ? object.find(std::string(key)) : object.end();
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

const nlohmann::ordered_json& list_of(const nlohmann::ordered_json& object, std::string_view key) {
  static const nlohmann::ordered_json none = nlohmann::ordered_json::array();
  const auto found = object.is_object() ? object.find(std::string(key)) : object.end();
  return found != object.end() && found->is_array() ? *found : none;
}

} // namespace nvrhub::client
