#pragma once

#include "store/commit/apply.hpp"

namespace nvrhub::store {

/// Decides the claims in their order. ERRORS: damage and I/O errors; a refused claim is an outcome: Errc::fenced (a
/// re-claim of a session that is not the NVR's any more; the sender has not joined, or was lost), Errc::malformed (no
/// hostname; no session number is left).
Result<std::vector<Result<Claimed>>> apply_claims(WriteTxn& txn, const entry::Claims& claims, const Sender& sender);

} // namespace nvrhub::store
