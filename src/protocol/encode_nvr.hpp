#pragma once

// Private to protocol/: an NVR inside other texts.

#include <cstdint>
#include <string_view>

#include "fleet/nvr.hpp"
#include "protocol/encode.hpp"
#include "protocol/writer.hpp"

namespace nvrhub::protocol {

inline std::string_view nvr_status(bool online) {
  return online ? "online" : "offline";
}

void write_nvr(Writer& writer, const fleet::Nvr& nvr, bool unconfirmed, Detail detail);
void write_camera_counts(Writer& writer, const fleet::Facts& facts);

} // namespace nvrhub::protocol
