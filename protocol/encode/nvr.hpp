#pragma once

// Private to protocol/: writes an NVR as part of a text.

#include <cstdint>
#include <string_view>

#include "fleet/nvr.hpp"
#include "protocol/encode/encode.hpp"
#include "protocol/json/writer.hpp"

namespace nvrhub::protocol {

inline std::string_view nvr_status(bool online) {
  return online ? "online" : "offline";
}

void write_nvr(Writer& writer, const fleet::Nvr& nvr, bool unconfirmed, Detail detail);
void write_camera_counts(Writer& writer, const fleet::NvrSummary& nvr_summary);

} // namespace nvrhub::protocol
