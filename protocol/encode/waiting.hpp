#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "fleet/waiting_nvr.hpp"

namespace nvrhub::protocol {

/// An entry of the waiting room and the registered hostname, if any, that looks the same.
struct WaitingEntry {
  std::shared_ptr<const fleet::WaitingNvr> nvr;
  std::optional<std::string> similar;
};

/// `{"waiting":[{"hostname","address","first_try","last_try","tries","cameras","cameras_left_out","similar","ignored"}]}`;
/// `similar` is null or `{"hostname","difference"}`.
std::string encode_waiting(std::span<const WaitingEntry> entries);

} // namespace nvrhub::protocol
