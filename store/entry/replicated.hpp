#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/backend.hpp"

namespace nvrhub::store {

/// Whether only entries (entry.hpp) write a row: two stores that applied the same entries have the same one. The others
/// belong to one data directory: its schema, its epoch, and what identifies its files.
bool is_replicated(Table table, std::string_view key);

/// A hash of all replicated rows. Equal data has an equal digest; reads all of the store.
Result<std::uint64_t> digest_of_replicated(ReadTxn& txn);

/// The first replicated row that two stores do not share, for messages; nullopt: they are equal.
Result<std::optional<std::string>> first_difference(ReadTxn& one, ReadTxn& other);

} // namespace nvrhub::store
