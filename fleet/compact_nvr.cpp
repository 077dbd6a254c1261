#include "fleet/compact_nvr.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "fleet/names.hpp"

namespace nvrhub::fleet {

namespace {

// A packed camera says only what differs from the camera before it: the cameras of an NVR have names and addresses that
// begin alike, and most changed their status at the same time. Never leaves the process.
static_assert(max_name_bytes <= UINT8_MAX && max_address_bytes <= UINT8_MAX && Status::max_bytes <= UINT8_MAX);

// The first byte of a packed camera: its source, and what the status and the time need.
constexpr unsigned source_bits = 0x03;
constexpr unsigned is_online = 0x04;
constexpr unsigned is_offline = 0x08; // neither: the text follows
constexpr unsigned same_since = 0x10; // else the time follows
static_assert(static_cast<unsigned>(Source::manual) <= source_bits);

void append_byte(std::string& out, std::size_t value) {
  out.push_back(static_cast<char>(static_cast<std::uint8_t>(value)));
}

/// How many bytes are as in `before`, how many follow, and these.
void append_text(std::string& out, std::string_view text, std::string_view before) {
  const auto same = static_cast<std::size_t>(
      std::mismatch(text.begin(), text.end(), before.begin(), before.end()).first - text.begin());
  append_byte(out, same);
  append_byte(out, text.size() - same);
  out.append(text.substr(same));
}

void append(std::string& out, const Camera& camera, const Camera& before) {
  unsigned head = static_cast<unsigned>(camera.source);
  if (camera.status.is_online()) head |= is_online;
  if (camera.status.is_offline()) head |= is_offline;
  if (camera.since == before.since) head |= same_since;
  append_byte(out, head);
  if ((head & same_since) == 0) out.append(reinterpret_cast<const char*>(&camera.since), sizeof camera.since);
  append_text(out, camera.name, before.name);
  append_text(out, camera.ip_address, before.ip_address);
  if ((head & (is_online | is_offline)) == 0) append_text(out, camera.status.text(), {});
}

std::string_view take_bytes(std::string_view& in, std::size_t bytes) {
  const std::string_view found = in.substr(0, bytes);
  in.remove_prefix(bytes);
  return found;
}

std::uint8_t take_byte(std::string_view& in) {
  return static_cast<std::uint8_t>(take_bytes(in, 1).front());
}

std::string take_text(std::string_view& in, std::string_view before) {
  const std::size_t same = take_byte(in);
  const std::size_t more = take_byte(in);
  std::string text;
  text.reserve(same + more);
  return text.append(before.substr(0, same)).append(take_bytes(in, more));
}

/// Reads the first camera and removes it from `in`.
Camera take(std::string_view& in, const Camera& before) {
  const unsigned head = take_byte(in);
  Camera camera;
  camera.source = static_cast<Source>(head & source_bits);
  camera.since = before.since;
  if ((head & same_since) == 0)
    std::memcpy(&camera.since, take_bytes(in, sizeof camera.since).data(), sizeof camera.since);
  camera.name = take_text(in, before.name);
  camera.ip_address = take_text(in, before.ip_address);
  if ((head & is_online) != 0) {
    camera.status = Status::online();
  } else if ((head & is_offline) == 0) {
    camera.status = *Status::parse(take_text(in, {}));
  }
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
  const Camera none;
  for (std::string_view in = std::string_view(packed_).substr(sizeof count); !in.empty();)
    nvr_.cameras.push_back(take(in, nvr_.cameras.empty() ? none : nvr_.cameras.back()));
  packed_ = std::string();
  return nvr_;
}

void CompactNvr::pack() {
  if (nvr_.cameras.empty()) return;
  const auto count = static_cast<std::uint32_t>(nvr_.cameras.size());
  thread_local std::string packed; // keeps its capacity: the copy below takes only what it needs
  packed.assign(reinterpret_cast<const char*>(&count), sizeof count);
  const Camera none;
  const Camera* before = &none;
  for (const Camera& camera : nvr_.cameras) {
    append(packed, camera, *before);
    before = &camera;
  }
  packed_ = packed;
  nvr_.cameras = std::vector<Camera>();
}

} // namespace nvrhub::fleet
