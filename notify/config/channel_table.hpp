#pragma once

// Private to notify/config/.

#include "notify/channel.hpp"
#include "notify/config/table_reader.hpp"

namespace nvrhub::notify {

/// Reads a [[channel]] table. Whether it is valid says `reader.error()`.
Channel read_channel(TableReader& reader);

} // namespace nvrhub::notify
