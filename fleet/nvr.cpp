#include "fleet/nvr.hpp"

#include <algorithm>
#include <utility>

namespace nvrhub::fleet {

namespace {

/// Where a camera called `name` is or belongs.
std::vector<Camera>::const_iterator position(const std::vector<Camera>& cameras, std::string_view name,
                                             std::size_t hint) {
  const auto is_before = [](const Camera& camera, std::string_view wanted) { return camera.name.compare(wanted) < 0; };
  if (hint <= cameras.size() && (hint == 0 || is_before(cameras[hint - 1], name)) &&
      (hint == cameras.size() || !is_before(cameras[hint], name))) {
    return cameras.begin() + static_cast<std::ptrdiff_t>(hint);
  }
  return std::lower_bound(cameras.begin(), cameras.end(), name, is_before);
}

} // namespace

const Camera* Nvr::find(std::string_view name, std::size_t hint) const {
  if (hint < cameras.size() && cameras[hint].name == name) return &cameras[hint];
  const auto at = position(cameras, name, hint);
  return at != cameras.end() && at->name == name ? &*at : nullptr;
}

Camera* Nvr::find(std::string_view name, std::size_t hint) {
  return const_cast<Camera*>(std::as_const(*this).find(name, hint));
}

Camera& Nvr::add(std::string_view name, std::string_view ip_address, std::size_t hint) {
  Camera camera;
  camera.name = name;
  camera.ip_address = ip_address;
  return *cameras.insert(position(cameras, name, hint), std::move(camera));
}

bool Nvr::remove(std::string_view name) {
  const auto at = position(cameras, name, 0);
  if (at == cameras.end() || at->name != name) return false;
  cameras.erase(at);
  return true;
}

} // namespace nvrhub::fleet
