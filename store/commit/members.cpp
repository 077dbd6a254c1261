#include "store/commit/members.hpp"

#include <utility>

#include "store/commit/origins.hpp"
#include "store/commit/parts.hpp"

namespace nvrhub::store {

namespace {

Result<void> lose(WriteTxn& txn, const entry::NodeLost& lost, OriginState state, LogPosition position) {
  state.lost = true;
  state.lost_position = position;
  state.lost_at = lost.at;
  state.grace_ms = lost.grace_ms;
  NVRHUB_TRY(drop_parts(txn, state.number));
  return save_origin(txn, lost.origin, state);
}

} // namespace

Result<std::vector<Origin>> apply_node_joined(WriteTxn& txn, const entry::NodeJoined& joined, LogPosition position) {
  std::vector<Origin> lost;
  NVRHUB_LET(state, load_or_add_origin(txn, joined.origin));
  if (state.joined || state.lost) return lost;
  std::vector<std::pair<Origin, OriginState>> others; // changed after the iteration
  NVRHUB_TRY(each_origin(txn, joined.origin.node, [&](const Origin& other, OriginState&& found) {
    if (other != joined.origin && !found.lost) others.emplace_back(other, std::move(found));
    return true;
  }));
  for (auto& [other, found] : others) {
    NVRHUB_TRY(lose(txn, {other, joined.at, joined.grace_ms}, std::move(found), position));
    lost.push_back(other);
  }
  state.joined = true;
  state.joined_position = position;
  state.joined_at = joined.at;
  state.announcement = joined.announcement;
  NVRHUB_TRY(save_origin(txn, joined.origin, state));
  return lost;
}

Result<void> leave_cluster(WriteTxn& txn) {
  NVRHUB_TRY(txn.erase(Table::meta, meta::cluster));
  for (const Table table : {Table::origins, Table::chain, Table::parts}) {
    for (;;) {
      NVRHUB_LET(row, txn.lower_bound(table, {}));
      if (!row) break;
      const std::string key(row->first);
      NVRHUB_TRY(txn.erase(table, key));
    }
  }
  std::vector<std::string> tokens; // those of the directory itself count now
  NVRHUB_TRY(each_row(txn, Table::alerts, token_prefix, [&](std::string_view key, std::string_view) -> Result<bool> {
    if (!key.starts_with(token_prefix)) return false;
    tokens.emplace_back(key);
    return true;
  }));
  for (const std::string& key : tokens) {
    NVRHUB_LET(record, load<AlertRecord>(txn, Table::alerts, key));
    if (record && !record->bytes.empty()) NVRHUB_TRY(txn.erase(Table::alerts, key)); // what is revoked stays so
  }
  NVRHUB_LET(log, load<LogRecord>(txn, Table::meta, meta::log));
  if (!log) return {};
  return save(txn, Table::meta, meta::log, LogRecord{{}, 0, log->next_origin});
}

Result<std::vector<Origin>> apply_node_lost(WriteTxn& txn, const entry::NodeLost& lost, LogPosition position) {
  NVRHUB_LET(state, load_origin(txn, lost.origin));
  if (!state || state->lost) return std::vector<Origin>{};
  NVRHUB_TRY(lose(txn, lost, std::move(*state), position));
  return std::vector<Origin>{lost.origin};
}

} // namespace nvrhub::store
