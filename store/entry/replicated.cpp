#include "store/entry/replicated.hpp"

#include <memory>

#include <xxhash.h>

#include "store/records/tables.hpp"

namespace nvrhub::store {

namespace {

/// The first replicated row of a table with a key >= `key`, which is set to the key after it.
Result<std::optional<Row>> next_replicated(ReadTxn& txn, Table table, std::string& key) {
  for (;;) {
    NVRHUB_LET(row, txn.lower_bound(table, key));
    if (row) set_next_key(key, row->first);
    if (!row || is_replicated(table, row->first)) return std::move(row);
  }
}

void add_text(XXH3_state_t& state, std::string_view text) {
  const std::uint64_t size = text.size(); // so that no two lists of texts are the same bytes
  XXH3_64bits_update(&state, &size, sizeof size);
  XXH3_64bits_update(&state, text.data(), text.size());
}

Result<std::optional<std::string>> difference_in(ReadTxn& one, ReadTxn& other, Table table) {
  std::string one_key;
  std::string other_key;
  for (;;) {
    NVRHUB_LET(left, next_replicated(one, table, one_key));
    NVRHUB_LET(right, next_replicated(other, table, other_key));
    if (!left && !right) return std::nullopt;
    if (left == right) continue;
    const bool is_left = left && (!right || left->first <= right->first);
    return describe(table, is_left ? left->first : right->first);
  }
}

} // namespace

bool is_replicated(Table table, std::string_view key) {
  return table != Table::meta || !(meta::identifies_directory(key) || key == meta::schema || key == meta::epoch);
}

Result<std::uint64_t> digest_of_replicated(ReadTxn& txn) {
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(), &XXH3_freeState);
  if (!state) return fail(Errc::io, "no memory for a hash");
  XXH3_64bits_reset(state.get());
  for (std::size_t i = 0; i < table_count; ++i) {
    const auto table = static_cast<Table>(i);
    const auto number = static_cast<std::uint8_t>(i);
    std::string key;
    for (;;) {
      NVRHUB_LET(row, next_replicated(txn, table, key));
      if (!row) break;
      XXH3_64bits_update(state.get(), &number, sizeof number);
      add_text(*state, row->first);
      add_text(*state, row->second);
    }
  }
  return XXH3_64bits_digest(state.get());
}

Result<std::optional<std::string>> first_difference(ReadTxn& one, ReadTxn& other) {
  for (std::size_t i = 0; i < table_count; ++i) {
    NVRHUB_LET(difference, difference_in(one, other, static_cast<Table>(i)));
    if (difference) return std::move(difference);
  }
  return std::nullopt;
}

} // namespace nvrhub::store
