#include "store/commit/log_entry.hpp"

#include <optional>
#include <utility>

#include <xxhash.h>

#include "store/commit/apply.hpp"
#include "store/commit/origins.hpp"
#include "store/entry/codec.hpp"

namespace nvrhub::store {

namespace {

/// For messages.
std::string title_of(const LogEntry& entry) {
  return "entry " + std::to_string(entry.number) + " of node " + entry.origin.node + ", boot " +
         std::to_string(entry.origin.boot) + ", at position " + std::to_string(entry.position);
}

/// The error with the entry that caused it.
tl::unexpected<Error> add_title(const LogEntry& entry, Error error) {
  error.message = title_of(entry) + ": " + error.message;
  return tl::make_unexpected(std::move(error));
}

/// Counts the entry of its origin, which needs no node_joined for that.
Result<OriginState> advance_origin(WriteTxn& txn, const LogEntry& entry) {
  if (!is_node_name(entry.origin.node)) return fail(Errc::malformed, "its node has no valid name");
  NVRHUB_LET(state, load_or_add_origin(txn, entry.origin));
  if (entry.number != state.last_entry + 1) {
    return fail(Errc::corrupt, "the entry before it in this store is " + std::to_string(state.last_entry) +
                                   ": entries are missing, or the node had expired");
  }
  state.last_entry = entry.number;
  NVRHUB_TRY(save_origin(txn, entry.origin, state));
  return std::move(state);
}

/// Compares a link of the sender's store with this store's at the same position. Links that are no longer kept are not
/// compared. A difference is no error: which of the two stores is wrong cannot be seen here, and an entry that could
/// not be applied would stop every store for good.
Result<std::optional<Error>> compare_links(ReadTxn& txn, const ChainLink& theirs) {
  NVRHUB_LET(oldest, txn.lower_bound(Table::chain, {}));
  if (oldest && chain_key(theirs.position) < oldest->first) return std::nullopt;
  NVRHUB_LET(ours, load<ChainRecord>(txn, Table::chain, chain_key(theirs.position)));
  if (ours && ours->hash == theirs.hash) return std::nullopt;
  return Error{Errc::corrupt, "its node had applied other entries than this one up to position " +
                                  std::to_string(theirs.position) + " (" +
                                  (ours ? "the hashes differ" : "this one knows no entry there") +
                                  "): one of them must be restored from a backup of another node"};
}

Result<void> save_link(WriteTxn& txn, const LogEntry& entry) {
  NVRHUB_LET(log, load_log(txn));
  log.last = {entry.position, next_hash(log.last.hash, entry)};
  ++log.entries;
  NVRHUB_TRY(save(txn, Table::meta, meta::log, log));
  NVRHUB_TRY(save(txn, Table::chain, chain_key(entry.position), ChainRecord{log.last.hash}));
  if (log.entries <= max_links) return {};
  NVRHUB_LET(oldest, txn.lower_bound(Table::chain, {}));
  const std::string key(oldest->first);
  return txn.erase(Table::chain, key);
}

Result<Applied> apply_kind(WriteTxn& txn, const LogEntry& entry) {
  NVRHUB_LET(origin, advance_origin(txn, entry));
  NVRHUB_LET(decoded, entry::decode(entry.bytes));
  std::optional<Error> difference;
  if (const auto* liveness = std::get_if<entry::Liveness>(&decoded); liveness && liveness->applied.position != 0) {
    NVRHUB_LET(found, compare_links(txn, liveness->applied));
    difference = std::move(found);
  }
  const Sender sender{entry.position, origin.number, origin.joined && !origin.lost};
  NVRHUB_LET(applied, apply(txn, std::move(decoded), OnDamage::stop, sender));
  applied.origin = origin.number;
  if (difference) applied.outcomes.emplace_back(add_title(entry, std::move(*difference)));
  return std::move(applied);
}

} // namespace

ChainHash next_hash(const ChainHash& before, const LogEntry& entry) {
  // The bytes enter as their hash: what is hashed then is short, and no two lists of fields are the same bytes.
  const XXH128_hash_t content = XXH3_128bits(entry.bytes.data(), entry.bytes.size());
  std::string fields;
  for (const std::uint64_t number : {before.high, before.low, entry.position, entry.origin.boot, entry.number,
                                     std::uint64_t{content.high64}, std::uint64_t{content.low64}})
    append_number(fields, number, sizeof number);
  fields.append(entry.origin.node);
  const XXH128_hash_t hash = XXH3_128bits(fields.data(), fields.size());
  return {hash.high64, hash.low64};
}

Result<Applied> apply(WriteTxn& txn, const LogEntry& entry) {
  NVRHUB_LET(log, load_log(txn));
  if (entry.position <= log.last.position) {
    Applied before;
    before.skipped = true;
    return before;
  }
  auto applied = apply_kind(txn, entry);
  if (!applied) return add_title(entry, std::move(applied).error());
  NVRHUB_TRY(save_link(txn, entry));
  return applied;
}

} // namespace nvrhub::store
