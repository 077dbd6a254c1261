#pragma once

#include <filesystem>
#include <string>

#include <tl/expected.hpp>

#include "fleet/nvr.hpp"

namespace nvrhub::app {

// `nvrhub clock confirm` leaves the file `clock-confirmed` in the data directory. A running server takes it within a
// second, otherwise the next start, if that is within an hour: later, the clock may be another one.

inline constexpr fleet::WallMillis confirmation_lifetime = 3'600'000;

/// `wall`: what the clock shows. ERRORS: a message for the operator.
tl::expected<void, std::string> write_confirmation(const std::filesystem::path& data, fleet::WallMillis wall);

bool has_confirmation(const std::filesystem::path& data);

enum class Confirmation : std::uint8_t { none, valid, outdated };
/// Removes the file, if there is one.
Confirmation take_confirmation(const std::filesystem::path& data, fleet::WallMillis wall);

} // namespace nvrhub::app
