#include "fleet/nvr.hpp"

#include <algorithm>
#include <utility>

namespace nvrhub::fleet {

namespace {

template <class Cameras>
auto lower_bound(Cameras& cameras, std::string_view name) {
  return std::lower_bound(cameras.begin(), cameras.end(), name, [](const Camera& camera, std::string_view wanted) {
    return camera.name.compare(wanted) < 0;
  });
}

} // namespace

const Camera* Nvr::find(std::string_view name, std::size_t hint) const {
  if (hint < cameras.size() && cameras[hint].name == name) return &cameras[hint];
  const auto at = lower_bound(cameras, name);
  return at != cameras.end() && at->name == name ? &*at : nullptr;
}

Camera* Nvr::find(std::string_view name, std::size_t hint) {
  return const_cast<Camera*>(std::as_const(*this).find(name, hint));
}

Camera& Nvr::add(std::string_view name, std::string_view ip_address) {
  Camera camera;
  camera.name = name;
  camera.ip_address = ip_address;
  return *cameras.insert(lower_bound(cameras, name), std::move(camera));
}

bool Nvr::remove(std::string_view name) {
  const auto at = lower_bound(cameras, name);
  if (at == cameras.end() || at->name != name) return false;
  cameras.erase(at);
  return true;
}

} // namespace nvrhub::fleet
