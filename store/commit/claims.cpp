#include "store/commit/claims.hpp"

#include "fleet/names.hpp"
#include "store/commit/nvr_update.hpp"

namespace nvrhub::store {

namespace {

using ClaimOutcome = Result<Result<Claimed>>; // outer: an error of this store

ClaimOutcome refused(Errc code, const entry::Claim& claim, const std::string& why) {
  return Result<Claimed>(fail(code, "claim of " + claim.hostname + " refused: " + why));
}

ClaimOutcome apply_claim(WriteTxn& txn, const entry::Claim& claim, const Sender& sender) {
  if (!sender.may_claim) return refused(Errc::fenced, claim, "its node has not joined the cluster, or was lost");
  if (claim.hostname.empty() || claim.hostname.size() > fleet::max_name_bytes) {
    return refused(Errc::malformed, claim, "the hostname is empty or too long");
  }
  NVRHUB_LET(owner, load<HostnameRecord>(txn, Table::hostnames, claim.hostname));
  Claimed claimed;
  if (owner) claimed.nvr_id = owner->id;
  NVRHUB_LET(update, NvrUpdate::load(txn, live_state, claimed.nvr_id));
  if (owner && !update.record()) {
    return fail(Errc::corrupt, describe(Table::hostnames, claim.hostname) + " does not refer to an NVR");
  }
  if (update.record()) {
    claimed.former = update.record()->session;
    claimed.former_holder = update.record()->holder;
  }
  if (claim.old_session != 0 && claim.old_session != claimed.former) {
    return refused(Errc::fenced, claim, "session " + std::to_string(claim.old_session) + " is not its newest session");
  }
  auto session = apply_sessions(txn, 1);
  if (!session && session.error().code == Errc::malformed) return Result<Claimed>(tl::make_unexpected(session.error()));
  if (!session) return tl::make_unexpected(session.error());
  claimed.session = *session;
  if (!update.record()) return Result<Claimed>(claimed); // to be registered by a Write with this session
  update.set_session(claimed.session, sender.origin);
  update.advance_version();
  claimed.version = update.record()->version;
  NVRHUB_TRY(update.flush(txn));
  return Result<Claimed>(claimed);
}

} // namespace

Result<std::vector<Result<Claimed>>> apply_claims(WriteTxn& txn, const entry::Claims& claims, const Sender& sender) {
  std::vector<Result<Claimed>> outcomes;
  outcomes.reserve(claims.claims.size());
  for (const entry::Claim& claim : claims.claims) {
    NVRHUB_LET(outcome, apply_claim(txn, claim, sender));
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

} // namespace nvrhub::store
