#pragma once

// Private to protocol/: decodes `systemStatus`.

#include <cstddef>
#include <string>

#include <tl/expected.hpp>

#include "protocol/decode/decode.hpp"
#include "protocol/json/parser.hpp"

namespace nvrhub::protocol {

/// Invalid entries that a report keeps for the reply; one more entry has the number of the others.
inline constexpr std::size_t max_skipped_entries = 1000;

/// Decodes a `systemStatus` that is not null. Null if it is false, "" or 0: clients in the field send what JavaScript
/// treats as absent. ERRORS: a message that names the wrong field.
tl::expected<ReportPtr, std::string> decode_report(const json::Element& system_status);

} // namespace nvrhub::protocol
