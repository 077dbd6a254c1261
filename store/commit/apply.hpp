#pragma once

#include "store/entry/entry.hpp"

namespace nvrhub::store {

// Applies the kinds of entries (entry/entry.hpp) to a write transaction. What they write and return depends only on
// their arguments and on the transaction, so that every store that applies the same entries holds the same data. The
// caller commits; after an error it must not.
//
// ERRORS: Errc::io or damage of this store's records (Errc::corrupt, Errc::schema), which another store need not have.
// What every store decides alike is an outcome.

/// Where an entry comes from. The default: a single server, which has neither log nor members.
struct Sender {
  LogPosition position = 0;
  OriginNumber origin = 0;
  bool may_claim = true; // it has joined and is not lost
};

/// Store::commit, by `origin`, which becomes the holder of the sessions that write. False: every Write was refused,
/// nothing is to be committed. Also returns Errc::malformed, fenced, stale, not_found and taken as outcomes of single
/// Writes.
Result<bool> apply_batch(WriteTxn& txn, std::span<Write> batch, std::vector<Result<fleet::NvrId>>& outcomes,
                         OnDamage on_damage, OriginNumber origin = 0);

/// Store::reserve_sessions: the first number. Errc::malformed if no numbers are left.
Result<fleet::SessionNumber> apply_sessions(WriteTxn& txn, std::uint64_t count);

/// Store::record_liveness (liveness.cpp).
Result<void> apply_liveness(WriteTxn& txn, const LivenessRecord& liveness);

/// Store::prune (retention.cpp). 0: nothing is to be committed.
Result<std::uint64_t> apply_prune(WriteTxn& txn, fleet::WallMillis before, std::uint64_t limit);

/// What Store::checkpoint examined and wrote (checkpoint.cpp).
struct Checkpointed {
  std::size_t examined = 0;  // of `changed`
  std::uint64_t written = 0; // NVRs and cameras; 0: nothing is to be committed
};
Result<Checkpointed> apply_checkpoint(WriteTxn& txn, std::span<const fleet::NvrId> changed, std::uint64_t max);

/// An entry of any kind. Those of membership are in members.hpp, claims.hpp and expire.hpp.
Result<Applied> apply(WriteTxn& txn, Entry entry, OnDamage on_damage, const Sender& sender = {});

} // namespace nvrhub::store
