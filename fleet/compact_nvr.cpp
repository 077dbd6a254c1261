#include "fleet/compact_nvr.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "fleet/names.hpp"

namespace nvrhub::fleet {

namespace {

// A packed camera is stored as its difference from the one before it: the cameras of an NVR have similar names and
// addresses, and mostly changed together. A byte of flags and the source, then `since` and the status unless they are
// the same, then name and address. Each text is the number of bytes that it shares with the text before it, the number
// of further bytes, and these. Never leaves the process.
constexpr std::uint8_t source_bits = 3;
constexpr std::uint8_t same_since = 4;
constexpr std::uint8_t same_status = 8;
static_assert(static_cast<std::uint8_t>(Source::manual) <= source_bits);
static_assert(max_name_bytes <= UINT8_MAX && max_address_bytes <= UINT8_MAX && Status::max_bytes <= UINT8_MAX);

class Packer {
public:
  explicit Packer(std::size_t cameras) { out_.reserve(cameras * usual_bytes); }
  void add(const Camera& camera, const Camera& before) {
    const bool has_same_since = camera.since == before.since;
    const bool has_same_status = camera.status == before.status;
    put(static_cast<std::uint8_t>(static_cast<std::uint8_t>(camera.source) | (has_same_since ? same_since : 0) |
                                  (has_same_status ? same_status : 0)));
    if (!has_same_since) out_.append(reinterpret_cast<const char*>(&camera.since), sizeof camera.since);
    if (!has_same_status) put_text(camera.status.text(), {});
    put_text(camera.name, before.name);
    put_text(camera.ip_address, before.ip_address);
  }
  /// A copy of the right size: packed NVRs are kept for long.
  std::string packed() const { return std::string(out_); }

private:
  void put(std::size_t byte) { out_.push_back(static_cast<char>(byte)); }
  void put_text(std::string_view text, std::string_view before) {
    const auto differs = std::mismatch(text.begin(), text.end(), before.begin(), before.end()).first;
    const auto shared = static_cast<std::size_t>(differs - text.begin());
    put(shared);
    put(text.size() - shared);
    out_.append(text.substr(shared));
  }

  static constexpr std::size_t usual_bytes = 24; // per camera

  std::string out_;
};

class Unpacker {
public:
  explicit Unpacker(std::string_view packed) : left_(packed) {}
  void read(Camera& camera, const Camera& before) {
    const std::uint8_t flags = byte();
    camera.source = static_cast<Source>(flags & source_bits);
    camera.since = before.since;
    if ((flags & same_since) == 0) std::memcpy(&camera.since, take(sizeof camera.since).data(), sizeof camera.since);
    camera.status = before.status;
    if ((flags & same_status) == 0) {
      std::string status;
      read_text(status, {});
      camera.status = *Status::parse(status);
    }
    read_text(camera.name, before.name);
    read_text(camera.ip_address, before.ip_address);
  }

private:
  std::uint8_t byte() { return static_cast<std::uint8_t>(take(1).front()); }
  std::string_view take(std::size_t bytes) {
    const std::string_view taken = left_.substr(0, bytes);
    left_.remove_prefix(bytes);
    return taken;
  }
  void read_text(std::string& text, std::string_view before) {
    const std::size_t shared = byte();
    const std::string_view rest = take(byte());
    text.assign(before.data(), shared).append(rest);
  }

  std::string_view left_;
};

} // namespace

CompactNvr& CompactNvr::operator=(Nvr nvr) {
  nvr_ = std::move(nvr);
  packed_ = {};
  return *this;
}

Nvr& CompactNvr::unpack() {
  if (packed_.empty()) return nvr_;
  nvr_.cameras.resize(count_);
  const Camera none;
  const Camera* before = &none;
  Unpacker unpacker(packed_);
  for (Camera& camera : nvr_.cameras) {
    unpacker.read(camera, *before);
    before = &camera;
  }
  packed_ = std::string();
  return nvr_;
}

void CompactNvr::pack() {
  if (nvr_.cameras.empty()) return;
  const Camera none;
  const Camera* before = &none;
  Packer packer(nvr_.cameras.size());
  for (const Camera& camera : nvr_.cameras) {
    packer.add(camera, *before);
    before = &camera;
  }
  packed_ = packer.packed();
  count_ = static_cast<std::uint32_t>(nvr_.cameras.size());
  nvr_.cameras = std::vector<Camera>();
}

} // namespace nvrhub::fleet
