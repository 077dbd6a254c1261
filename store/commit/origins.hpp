#pragma once

#include <functional>
#include <optional>

#include "store/records/tables.hpp"

namespace nvrhub::store {

// The rows of table origins and the record of the log (records.hpp).

/// What was applied of the log; the initial record if nothing was.
Result<LogRecord> load_log(ReadTxn& txn);

/// Calls `visit` for each origin of `node`, or of all nodes if it is empty, until it returns false.
using VisitOrigin = std::function<bool(const Origin& origin, OriginState&& state)>;
Result<void> each_origin(ReadTxn& txn, std::string_view node, const VisitOrigin& visit);

Result<std::optional<OriginState>> load_origin(ReadTxn& txn, const Origin& origin);
/// As load_origin(), or a new one with the next number. Saves the record of the log, not the row of the origin.
Result<OriginState> load_or_add_origin(WriteTxn& txn, const Origin& origin);
Result<void> save_origin(WriteTxn& txn, const Origin& origin, const OriginState& state);

} // namespace nvrhub::store
