#include "store/store.hpp"

#include <sys/random.h>

#include <array>
#include <utility>

#include "store/commit/apply.hpp"
#include "store/commit/log_entry.hpp"
#include "store/commit/members.hpp"
#include "store/commit/store_header.hpp"
#include "store/entry/codec.hpp"
#include "store/records/tables.hpp"

namespace nvrhub::store {

namespace {

Result<Epoch> make_epoch() {
  std::array<unsigned char, 8> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
    return fail(Errc::io, "getrandom() failed: no random bytes for a new epoch");
  }
  Epoch epoch;
  for (const unsigned char byte : random) {
    epoch.push_back("0123456789abcdef"[byte >> 4]);
    epoch.push_back("0123456789abcdef"[byte & 15]);
  }
  return epoch;
}

/// True: the tables exist; false: the backend is empty.
Result<bool> check_schema(ReadTxn& txn) {
  NVRHUB_LET(schema, load<SchemaRecord>(txn, Table::meta, meta::schema));
  if (!schema) {
    for (std::size_t i = 0; i < table_count; ++i) {
      NVRHUB_LET(row, txn.lower_bound(static_cast<Table>(i), {}));
      if (row) return fail(Errc::corrupt, describe(Table::meta, meta::schema) + " is missing");
    }
    return false;
  }
  if (schema->version != schema_version) {
    return fail(Errc::schema, "the store has schema " + std::to_string(schema->version) +
                                  ", this nvrhub reads schema " + std::to_string(schema_version) +
                                  (schema->version < schema_version
                                       ? ": run `nvrhub serve` to upgrade it, or use the nvrhub version that wrote it"
                                       : ": use the nvrhub version that wrote it, or a newer one"));
  }
  NVRHUB_TRY(load_store_header(txn));
  NVRHUB_TRY(load_meta<EpochRecord>(txn, meta::epoch));
  NVRHUB_TRY(load_meta<SessionsRecord>(txn, meta::sessions));
  return true;
}

} // namespace

Result<std::unique_ptr<Store>> Store::open(std::unique_ptr<Backend> backend, bool new_epoch) {
  bool initialized = false;
  {
    NVRHUB_LET(txn, backend->begin_read());
    NVRHUB_LET(found, check_schema(*txn));
    initialized = found;
  }
  if (!initialized || new_epoch) {
    NVRHUB_LET(epoch, make_epoch());
    NVRHUB_LET(txn, backend->begin_write());
    NVRHUB_TRY(save(*txn, Table::meta, meta::epoch, EpochRecord{epoch}));
    NVRHUB_TRY(leave_cluster(*txn));
    if (!initialized) {
      NVRHUB_TRY(save(*txn, Table::meta, meta::schema, SchemaRecord{}));
      NVRHUB_TRY(save(*txn, Table::meta, meta::sessions, SessionsRecord{}));
      NVRHUB_TRY(save_store_header(*txn, StoreHeader{}));
    }
    NVRHUB_TRY(txn->commit());
  }
  return std::unique_ptr<Store>(new Store(std::move(backend)));
}

Result<Snapshot> Store::snapshot() const {
  NVRHUB_LET(txn, backend_->begin_read());
  return Snapshot(std::move(txn));
}

Result<void> Store::commit(std::span<Write> batch, std::vector<Result<fleet::NvrId>>& outcomes, OnDamage on_damage) {
  const PendingOperations::Operation operation(operations_);
  outcomes.clear();
  NVRHUB_LET(txn, backend_->begin_write());
  std::vector<Result<fleet::NvrId>> results;
  NVRHUB_LET(any, apply_batch(*txn, batch, results, on_damage));
  if (any) NVRHUB_TRY(txn->commit());
  outcomes = std::move(results);
  return {};
}

Result<fleet::SessionNumber> Store::reserve_sessions(std::uint64_t count) {
  const PendingOperations::Operation operation(operations_);
  NVRHUB_LET(txn, backend_->begin_write());
  NVRHUB_LET(first, apply_sessions(*txn, count));
  NVRHUB_TRY(txn->commit());
  return first;
}

Result<void> Store::record_liveness(const LivenessRecord& liveness) {
  const PendingOperations::Operation operation(operations_);
  NVRHUB_LET(txn, backend_->begin_write());
  NVRHUB_TRY(apply_liveness(*txn, liveness));
  return txn->commit();
}

Result<std::uint64_t> Store::prune(fleet::WallMillis before, std::uint64_t limit) {
  const PendingOperations::Operation operation(operations_);
  NVRHUB_LET(txn, backend_->begin_write());
  NVRHUB_LET(pruned, apply_prune(*txn, before, limit));
  if (pruned > 0) NVRHUB_TRY(txn->commit());
  return pruned;
}

Result<std::size_t> Store::checkpoint(std::span<const fleet::NvrId> changed, std::size_t max) {
  const PendingOperations::Operation operation(operations_);
  NVRHUB_LET(txn, backend_->begin_write());
  NVRHUB_LET(done, apply_checkpoint(*txn, changed, max));
  if (done.written > 0) NVRHUB_TRY(txn->commit());
  return done.examined;
}

Result<Applied> Store::apply(std::string_view entry, OnDamage on_damage) {
  const PendingOperations::Operation operation(operations_);
  NVRHUB_LET(decoded, entry::decode(entry));
  NVRHUB_LET(txn, backend_->begin_write());
  NVRHUB_LET(applied, store::apply(*txn, std::move(decoded), on_damage));
  NVRHUB_TRY(txn->commit());
  return std::move(applied);
}

Result<std::vector<Applied>> Store::apply(std::span<const LogEntry> entries) {
  const PendingOperations::Operation operation(operations_);
  std::vector<Applied> results;
  results.reserve(entries.size());
  NVRHUB_LET(txn, backend_->begin_write());
  bool any = false;
  for (const LogEntry& entry : entries) {
    NVRHUB_LET(applied, store::apply(*txn, entry));
    any = any || !applied.skipped;
    results.push_back(std::move(applied));
  }
  if (any) NVRHUB_TRY(txn->commit());
  return results;
}

Result<void> Store::set_cluster(const ClusterId& id) {
  if (!is_cluster_id(id)) return fail(Errc::malformed, "\"" + id + "\" identifies no cluster: expected 16 hex digits");
  const PendingOperations::Operation operation(operations_);
  NVRHUB_LET(txn, backend_->begin_write());
  NVRHUB_LET(record, load<ClusterRecord>(*txn, Table::meta, meta::cluster));
  if (record && record->id == id) return {};
  if (record) return fail(Errc::taken, "the data are those of cluster " + record->id);
  NVRHUB_TRY(save(*txn, Table::meta, meta::cluster, ClusterRecord{id}));
  return txn->commit();
}

} // namespace nvrhub::store
