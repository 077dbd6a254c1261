#pragma once

#include <optional>

#include "store/commit/apply.hpp"

namespace nvrhub::store {

/// Keeps a part of an entry of the sender's, or, if it is the last one, removes all and returns the entry. ERRORS:
/// Errc::malformed: its earlier parts are missing, or the entry is malformed.
Result<std::optional<Entry>> apply_part(WriteTxn& txn, entry::Part part, const Sender& sender);

/// Removes what a lost origin has not completed.
Result<void> drop_parts(WriteTxn& txn, OriginNumber origin);

} // namespace nvrhub::store
