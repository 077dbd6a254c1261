#include "fleet/compact_nvr.hpp"

#include <cstdint>
#include <cstring>
#include <utility>

#include "fleet/names.hpp"

namespace nvrhub::fleet {

namespace {

/// Header of a packed camera, followed by its texts. Never leaves the process.
struct Packed {
  WallMillis since;
  std::uint16_t name_bytes;
  std::uint16_t address_bytes;
  std::uint8_t status_bytes;
  Source source;
};
constexpr std::size_t head_bytes = sizeof(WallMillis) + 6; // without the padding
static_assert(max_name_bytes <= UINT16_MAX && max_address_bytes <= UINT16_MAX && Status::max_bytes <= UINT8_MAX);

std::size_t packed_bytes(const Camera& camera) {
  return head_bytes + camera.name.size() + camera.ip_address.size() + camera.status.text().size();
}

void append(std::string& out, const Camera& camera) {
  const std::string_view status = camera.status.text();
  const Packed head{camera.since, static_cast<std::uint16_t>(camera.name.size()),
                    static_cast<std::uint16_t>(camera.ip_address.size()), static_cast<std::uint8_t>(status.size()),
                    camera.source};
  out.append(reinterpret_cast<const char*>(&head), head_bytes)
      .append(camera.name)
      .append(camera.ip_address)
      .append(status);
}

/// Reads the first camera and removes it from `in`.
Camera take(std::string_view& in) {
  Packed head{};
  std::memcpy(&head, in.data(), head_bytes);
  in.remove_prefix(head_bytes);
  const auto text = [&in](std::size_t bytes) {
    const std::string_view found = in.substr(0, bytes);
    in.remove_prefix(bytes);
    return found;
  };
  Camera camera;
  camera.name = text(head.name_bytes);
  camera.ip_address = text(head.address_bytes);
  camera.status = *Status::parse(text(head.status_bytes));
  camera.source = head.source;
  camera.since = head.since;
  return camera;
}

} // namespace

CompactNvr& CompactNvr::operator=(Nvr nvr) {
  nvr_ = std::move(nvr);
  packed_ = {};
  return *this;
}

Nvr& CompactNvr::unpack() {
  if (packed_.empty()) return nvr_;
  std::uint32_t count = 0;
  std::memcpy(&count, packed_.data(), sizeof count);
  nvr_.cameras.reserve(count);
  for (std::string_view in = std::string_view(packed_).substr(sizeof count); !in.empty();)
    nvr_.cameras.push_back(take(in));
  packed_ = std::string();
  return nvr_;
}

void CompactNvr::pack() {
  if (nvr_.cameras.empty()) return;
  const auto count = static_cast<std::uint32_t>(nvr_.cameras.size());
  std::size_t bytes = sizeof count;
  for (const Camera& camera : nvr_.cameras)
    bytes += packed_bytes(camera);
  std::string packed;
  packed.reserve(bytes);
  packed.append(reinterpret_cast<const char*>(&count), sizeof count);
  for (const Camera& camera : nvr_.cameras)
    append(packed, camera);
  packed_ = std::move(packed);
  nvr_.cameras = std::vector<Camera>();
}

} // namespace nvrhub::fleet
