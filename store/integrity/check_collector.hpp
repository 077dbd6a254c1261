#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "store/commit/store_header.hpp"
#include "store/integrity/check.hpp"

namespace nvrhub::store {

/// Collects the problems that a check finds, so that the check continues after each of them.
struct CheckCollector {
  static constexpr std::size_t max_problems = 100;

  CheckReport report;

  void add(std::string problem);

  /// Adds the problem `describe()` if `good` is false.
  template <class Describe>
  void require(bool good, Describe describe) {
    if (!good) add(describe());
  }

  /// The value; nullopt, after adding the error as a problem.
  template <class T>
  std::optional<T> ok(Result<T>&& result) {
    if (result) return std::move(*result);
    add(std::move(result.error().message));
    return std::nullopt;
  }
  void ok(Result<void>&& result) {
    if (!result) add(std::move(result.error().message));
  }

  /// Calls `visit(key, record)` for each valid record of a table; adds the others as problems.
  template <class Record, class Visit>
  void each(ReadTxn& txn, Table table, Visit visit) {
    ok(each_row(txn, table, {}, [&](std::string_view key, std::string_view value) -> Result<bool> {
      const auto found = ok(txn.get(table, key));
      require(found && *found == value, [&] { return describe(table, key) + " is not found by its key"; });
      if (auto record = ok(decode<Record>(table, key, value))) visit(key, *record);
      return true;
    }));
  }

  /// Compares an NVR replayed from the log with the stored one, except what events do not have (clear_unlogged).
  void compare(const fleet::Nvr& replayed, const fleet::Nvr& stored);
};

} // namespace nvrhub::store
