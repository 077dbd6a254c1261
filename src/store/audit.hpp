#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "store/check.hpp"
#include "store/ledger.hpp"

namespace nvrhub::store {

/// Collects what a check finds, and goes on.
struct Audit {
  static constexpr std::size_t most_problems = 100;

  CheckReport report;

  void add(std::string problem);

  /// `describe` makes the problem's text if `good` is false.
  template <class Describe>
  void require(bool good, Describe describe) {
    if (!good) add(describe());
  }

  /// The value, or nothing and a problem.
  template <class T>
  std::optional<T> ok(Result<T>&& result) {
    if (result) return std::move(*result);
    add(std::move(result.error().message));
    return std::nullopt;
  }
  void ok(Result<void>&& result) {
    if (!result) add(std::move(result.error().message));
  }

  /// Calls `visit(key, record)` for each sound record of a table.
  template <class Record, class Visit>
  void each(ReadTxn& txn, Table table, Visit visit) {
    ok(each_entry(txn, table, {}, [&](std::string_view key, std::string_view value) -> Result<bool> {
      const auto found = ok(txn.get(table, key));
      require(found && *found == value, [&] { return describe(table, key) + " is not found by its key"; });
      if (auto record = ok(decode<Record>(table, key, value))) visit(key, *record);
      return true;
    }));
  }

  /// What the log makes of an NVR, against what the state says, in all but last_seen and session.
  void compare(const fleet::Nvr& replayed, const fleet::Nvr& kept);
};

} // namespace nvrhub::store
