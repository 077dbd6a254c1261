#include "actors/support/describe.hpp"

namespace nvrhub::actors::test {

namespace {

template <class Camera>
std::string describe_camera(const Camera& camera) {
  std::string text = " " + camera.name + "=" + std::string(camera.status.text());
  if (camera.source != fleet::Source::reported) text += "/" + std::string(to_string(camera.source));
  return text;
}

} // namespace

std::string describe(const fleet::Event& event) {
  std::string text = std::string(to_string(event.kind)) + " " + event.hostname;
  if (event.cameras_updated > 0 || is_status_change(event)) text += " " + std::to_string(event.cameras_updated);
  if (event.cause) text += " " + std::string(to_string(*event.cause));
  for (const fleet::CameraChange& change : event.cameras)
    text += describe_camera(change);
  return text;
}

std::string describe(const fleet::Nvr& nvr) {
  std::string text = nvr.online ? "online" : "offline";
  for (const fleet::Camera& camera : nvr.cameras)
    text += describe_camera(camera);
  return text;
}

} // namespace nvrhub::actors::test
