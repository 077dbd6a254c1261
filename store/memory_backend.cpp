#include "store/memory_backend.hpp"

#include <array>
#include <iterator>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "store/records/codec.hpp"

namespace nvrhub::store {

namespace {

using Rows = std::map<std::string, std::string, std::less<>>;
/// Immutable once committed; shared by all transactions that still read that instant.
using Tables = std::array<std::shared_ptr<const Rows>, table_count>;

struct State {
  std::mutex mutex; // guards `tables`; the rows are immutable
  Tables tables;
};

Row row_of(const Rows::value_type& row) {
  return {row.first, row.second};
}

template <class Interface>
class Txn : public Interface {
public:
  explicit Txn(State& state) : state_(state) {
    const std::lock_guard lock(state.mutex);
    tables_ = state.tables;
  }

  Result<std::optional<std::string_view>> get(Table table, std::string_view key) override {
    const auto at = rows(table).find(key);
    if (at == rows(table).end()) return std::nullopt;
    return std::string_view(at->second);
  }

  Result<std::optional<Row>> lower_bound(Table table, std::string_view key) override {
    const auto at = rows(table).lower_bound(key);
    if (at == rows(table).end()) return std::nullopt;
    return row_of(*at);
  }

  Result<std::optional<Row>> before(Table table, std::string_view key) override {
    const auto at = key.empty() ? rows(table).end() : rows(table).lower_bound(key);
    if (at == rows(table).begin()) return std::nullopt;
    return row_of(*std::prev(at));
  }

protected:
  const Rows& rows(Table table) const { return *tables_[static_cast<std::size_t>(table)]; }

  State& state_;
  Tables tables_;
};

class MemoryWriter final : public Txn<WriteTxn> {
public:
  using Txn::Txn;

  Result<void> put(Table table, std::string_view key, std::string_view value) override {
    own(table).insert_or_assign(std::string(key), value);
    return {};
  }

  Result<void> append(Table table, std::string_view key, std::string_view value) override {
    if (!rows(table).empty() && rows(table).rbegin()->first >= key) {
      return fail(Errc::corrupt, describe(table, key) + " is out of order");
    }
    return put(table, key, value);
  }

  Result<void> erase(Table table, std::string_view key) override {
    Rows& local = own(table);
    if (const auto at = local.find(key); at != local.end()) local.erase(at);
    return {};
  }

  Result<void> commit() override {
    const std::lock_guard lock(state_.mutex);
    state_.tables = tables_;
    own_ = {};
    return {};
  }

private:
  /// This transaction's private copy of a table.
  Rows& own(Table table) {
    const auto i = static_cast<std::size_t>(table);
    if (!own_[i]) {
      own_[i] = std::make_shared<Rows>(*tables_[i]);
      tables_[i] = own_[i];
    }
    return *own_[i];
  }

  std::array<std::shared_ptr<Rows>, table_count> own_;
};

class MemoryBackend final : public Backend {
public:
  MemoryBackend() {
    for (auto& rows : state_.tables)
      rows = std::make_shared<const Rows>();
  }

  Result<std::unique_ptr<ReadTxn>> begin_read() override { return std::make_unique<Txn<ReadTxn>>(state_); }
  Result<std::unique_ptr<WriteTxn>> begin_write() override { return std::make_unique<MemoryWriter>(state_); }

private:
  State state_;
};

} // namespace

std::unique_ptr<Backend> make_memory_backend() {
  return std::make_unique<MemoryBackend>();
}

} // namespace nvrhub::store
