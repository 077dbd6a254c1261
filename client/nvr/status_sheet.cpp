#include "client/nvr/status_sheet.hpp"

#include <algorithm>

namespace nvrhub::client {

namespace {

std::string trimmed(std::string_view text) {
  constexpr std::string_view spaces = " \t\r";
  const std::size_t begin = text.find_first_not_of(spaces);
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(spaces) - begin + 1));
}

} // namespace

std::optional<CameraStatus> parse_camera_status(std::string_view text) {
  const std::size_t sign = text.rfind('=');
  if (sign == std::string_view::npos) return std::nullopt;
  CameraStatus camera{.name = trimmed(text.substr(0, sign)), .status = trimmed(text.substr(sign + 1))};
  if (camera.name.empty()) return std::nullopt;
  return camera;
}

std::optional<std::string> StatusSheet::set(const CameraStatus& camera) {
  const auto known = std::find_if(cameras_.begin(), cameras_.end(),
                                  [&](const CameraStatus& other) { return other.name == camera.name; });
  if (known != cameras_.end()) return std::exchange(known->status, camera.status);
  cameras_.push_back(camera);
  return std::nullopt;
}

nlohmann::ordered_json StatusSheet::report() const {
  auto cameras = nlohmann::ordered_json::array();
  for (const CameraStatus& camera : cameras_) {
    cameras.push_back({{"name", camera.name}, {"status", camera.status}});
  }
  return {{"status", "online"}, {"cameras", std::move(cameras)}};
}

} // namespace nvrhub::client
