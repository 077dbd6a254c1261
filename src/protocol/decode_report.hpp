#pragma once

// Private to protocol/: `systemStatus` to a report.

#include <cstddef>
#include <string>

#include <tl/expected.hpp>

#include "protocol/decode.hpp"
#include "protocol/json.hpp"

namespace nvrhub::protocol {

/// Wrong entries that a report keeps to be named in the reply; one more entry tells how many others there were.
inline constexpr std::size_t max_skipped_entries = 1000;

/// Decodes a `systemStatus` that is present, or says which field is wrong.
tl::expected<ReportPtr, std::string> decode_report(const json::Element& system_status);

} // namespace nvrhub::protocol
