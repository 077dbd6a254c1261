#pragma once

// Private to protocol/: an NVR inside other texts.

#include <string_view>

#include "fleet/nvr.hpp"
#include "protocol/writer.hpp"

namespace nvrhub::protocol {

inline std::string_view nvr_status(bool online) {
  return online ? "online" : "offline";
}

void write_nvr(Writer& writer, const fleet::Nvr& nvr, bool unconfirmed);

} // namespace nvrhub::protocol
