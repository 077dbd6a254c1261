#include "store/commit/apply.hpp"

#include <limits>
#include <utility>

#include "store/commit/claims.hpp"
#include "store/commit/expire.hpp"
#include "store/commit/members.hpp"
#include "store/commit/parts.hpp"
#include "store/commit/validate.hpp"

namespace nvrhub::store {

namespace {

/// Every store that has the same data refuses the Write with the same error.
bool is_outcome(Errc code) {
  switch (code) {
  case Errc::malformed:
  case Errc::fenced:
  case Errc::stale:
  case Errc::not_found:
  case Errc::taken:
    return true;
  default:
    return false;
  }
}

/// Whether an error concerns only the Write that was validated, and not the whole batch, which the caller retries.
bool refuses_only_this(Errc code, OnDamage on_damage) {
  return is_outcome(code) || (code != Errc::io && on_damage == OnDamage::refuse_write);
}

/// A request for the history of a removed NVR has only its hostname.
Result<void> save_former_names(WriteTxn& txn, const Write& write, fleet::NvrId id) {
  for (const fleet::Event& event : write.events) {
    if (event.kind != fleet::Kind::removed) continue;
    NVRHUB_TRY(save(txn, Table::former_names, event.hostname, HostnameRecord{id}));
  }
  return {};
}

struct ApplyKind {
  WriteTxn& txn;
  OnDamage on_damage;
  const Sender& sender;

  Result<Applied> operator()(entry::Batch& batch) const {
    Applied applied;
    NVRHUB_TRY(apply_batch(txn, batch.writes, applied.outcomes, on_damage, sender.origin));
    applied.batch = std::move(batch.writes);
    return applied;
  }
  Result<Applied> operator()(entry::Liveness& liveness) const {
    NVRHUB_TRY(apply_liveness(txn, liveness));
    Applied applied;
    applied.seen = std::move(liveness.seen);
    applied.applied_by_sender = liveness.applied.position;
    applied.dashboards_of_sender = liveness.dashboards;
    return applied;
  }
  Result<Applied> operator()(const entry::Prune& prune) const {
    Applied applied;
    NVRHUB_LET(pruned, apply_prune(txn, prune.before, prune.limit));
    applied.pruned = pruned;
    return applied;
  }
  Result<Applied> operator()(const entry::Checkpoint& checkpoint) const {
    Applied applied;
    NVRHUB_LET(done, apply_checkpoint(txn, checkpoint.changed, checkpoint.max));
    applied.examined = done.examined;
    return applied;
  }
  Result<Applied> operator()(const entry::Sessions& sessions) const {
    Applied applied;
    NVRHUB_LET(first, apply_sessions(txn, sessions.count));
    applied.first_session = first;
    return applied;
  }
  Result<Applied> operator()(const entry::NodeJoined& joined) const {
    Applied applied;
    NVRHUB_LET(lost, apply_node_joined(txn, joined, sender.position));
    applied.lost = std::move(lost);
    return applied;
  }
  Result<Applied> operator()(const entry::NodeLost& node_lost) const {
    Applied applied;
    NVRHUB_LET(lost, apply_node_lost(txn, node_lost, sender.position));
    applied.lost = std::move(lost);
    return applied;
  }
  Result<Applied> operator()(const entry::Claims& claims) const {
    Applied applied;
    NVRHUB_LET(outcomes, apply_claims(txn, claims, sender));
    applied.claims = std::move(outcomes);
    return applied;
  }
  Result<Applied> operator()(const entry::Expire& expire) const {
    Applied applied;
    NVRHUB_LET(expired, apply_expire(txn, expire));
    applied.batch = std::move(expired.writes);
    applied.outcomes = std::move(expired.outcomes);
    applied.more = expired.more;
    return applied;
  }
  Result<Applied> operator()(entry::Part& part) const {
    NVRHUB_LET(entry, apply_part(txn, std::move(part), sender));
    if (!entry) return Applied{};
    return std::visit(*this, *entry);
  }
};

} // namespace

Result<bool> apply_batch(WriteTxn& txn, std::span<Write> batch, std::vector<Result<fleet::NvrId>>& outcomes,
                         OnDamage on_damage, OriginNumber origin) {
  outcomes.clear();
  outcomes.reserve(batch.size());
  NVRHUB_LET(header, load_store_header(txn));
  bool any = false;
  for (Write& write : batch) {
    auto validated = validate_write(txn, write, header, origin);
    if (!validated) {
      if (!refuses_only_this(validated.error().code, on_damage)) {
        return tl::make_unexpected(std::move(validated).error());
      }
      outcomes.push_back(tl::make_unexpected(std::move(validated).error()));
      continue;
    }
    NVRHUB_TRY(flush(txn, *validated, write));
    NVRHUB_TRY(save_former_names(txn, write, validated->id));
    if (write.tokens_logged) NVRHUB_TRY(save(txn, Table::meta, meta::tokens, TokensRecord{*write.tokens_logged}));
    outcomes.push_back(validated->id);
    any = true;
  }
  if (any) NVRHUB_TRY(save_store_header(txn, header));
  return any;
}

Result<fleet::SessionNumber> apply_sessions(WriteTxn& txn, std::uint64_t count) {
  NVRHUB_LET(sessions, load_meta<SessionsRecord>(txn, meta::sessions));
  if (count > std::numeric_limits<fleet::SessionNumber>::max() - 1 - sessions.ceiling) {
    return fail(Errc::malformed, "no " + std::to_string(count) + " session numbers are left");
  }
  NVRHUB_TRY(save(txn, Table::meta, meta::sessions, SessionsRecord{sessions.ceiling + count}));
  return sessions.ceiling + 1;
}

Result<Applied> apply(WriteTxn& txn, Entry entry, OnDamage on_damage, const Sender& sender) {
  return std::visit(ApplyKind{txn, on_damage, sender}, entry);
}

} // namespace nvrhub::store
