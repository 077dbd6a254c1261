#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fleet/nvr.hpp"

namespace nvrhub::fleet {

/// An NVR that was refused because its hostname is not registered (protocol.md, "Waiting room").
struct WaitingNvr {
  std::string hostname;
  std::string address; // of the client of the last try
  WallMillis first_try = 0;
  WallMillis last_try = 0;
  std::uint64_t tries = 0;
  std::vector<std::string> cameras; // names in its last report, in order, without repetition
  std::size_t cameras_left_out = 0; // beyond the limit
  bool ignored = false;
};

} // namespace nvrhub::fleet
