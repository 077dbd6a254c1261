#include "store/commit/expire.hpp"

#include <algorithm>

#include "store/commit/origins.hpp"

namespace nvrhub::store {

namespace {

Write offline_write(fleet::NvrId id, const NvrRecord& record, fleet::WallMillis at) {
  Write write;
  write.nvr_id = id;
  fleet::Event& event = write.events.emplace_back();
  event.kind = fleet::Kind::nvr_offline;
  event.at = at;
  event.cause = fleet::Cause::node_lost;
  event.device_name = record.device_name;
  event.cameras_updated = record.cameras_online + record.cameras_other;
  return write;
}

/// Collects the NVRs that are online by a session of `holder`. It reads all NVRs each time: a cursor would miss an NVR
/// that a late batch of the origin brings online behind it.
Result<void> collect_expired(ReadTxn& txn, OriginNumber holder, const entry::Expire& expire, Expired& expired) {
  return each_row(txn, Table::nvrs, {}, [&](std::string_view key, std::string_view value) -> Result<bool> {
    NVRHUB_LET(record, decode<NvrRecord>(Table::nvrs, key, value));
    if (!record.online || record.holder != holder) return true;
    const auto id = id_of_key(key);
    if (!id) return tl::make_unexpected(malformed_record(Table::nvrs, key));
    expired.more = expired.writes.size() >= std::min(expire.limit, entry::max_expired);
    if (!expired.more) expired.writes.push_back(offline_write(*id, record, expire.at));
    return !expired.more;
  });
}

} // namespace

Result<Expired> apply_expire(WriteTxn& txn, const entry::Expire& expire) {
  Expired expired;
  NVRHUB_LET(state, load_origin(txn, expire.origin));
  if (!state || !state->lost) return expired;
  NVRHUB_TRY(collect_expired(txn, state->number, expire, expired));
  NVRHUB_TRY(apply_batch(txn, expired.writes, expired.outcomes, OnDamage::stop));
  if (!expired.more) NVRHUB_TRY(txn.erase(Table::origins, origin_key(expire.origin)));
  return expired;
}

} // namespace nvrhub::store
