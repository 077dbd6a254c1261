#include "store/commit/origins.hpp"

#include <limits>
#include <utility>

namespace nvrhub::store {

Result<LogRecord> load_log(ReadTxn& txn) {
  NVRHUB_LET(record, load<LogRecord>(txn, Table::meta, meta::log));
  return record.value_or(LogRecord{});
}

Result<void> each_origin(ReadTxn& txn, std::string_view node, const VisitOrigin& visit) {
  std::string from(node);
  if (!node.empty()) from.push_back('\0');
  return each_row(txn, Table::origins, from, [&](std::string_view key, std::string_view value) -> Result<bool> {
    if (!key.starts_with(from)) return false;
    const auto origin = origin_of_key(key);
    if (!origin) return tl::make_unexpected(malformed_record(Table::origins, key));
    NVRHUB_LET(state, decode<OriginState>(Table::origins, key, value));
    return visit(*origin, std::move(state));
  });
}

Result<std::optional<OriginState>> load_origin(ReadTxn& txn, const Origin& origin) {
  return load<OriginState>(txn, Table::origins, origin_key(origin));
}

Result<OriginState> load_or_add_origin(WriteTxn& txn, const Origin& origin) {
  NVRHUB_LET(found, load_origin(txn, origin));
  if (found) return std::move(*found);
  NVRHUB_LET(log, load_log(txn));
  if (log.next_origin == std::numeric_limits<OriginNumber>::max()) {
    return fail(Errc::corrupt, describe(Table::meta, meta::log) + " has no number left for another origin");
  }
  OriginState state;
  state.number = log.next_origin++;
  NVRHUB_TRY(save(txn, Table::meta, meta::log, log));
  return state;
}

Result<void> save_origin(WriteTxn& txn, const Origin& origin, const OriginState& state) {
  return save(txn, Table::origins, origin_key(origin), state);
}

} // namespace nvrhub::store
