#include "store/store.hpp"

#include <sys/random.h>

#include <array>
#include <utility>

#include "store/commit/validate.hpp"

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

/// A request for the history of a removed NVR has only its hostname.
Result<void> save_former_names(WriteTxn& txn, const Write& write, fleet::NvrId id) {
  for (const fleet::Event& event : write.events) {
    if (event.kind != fleet::Kind::removed) continue;
    NVRHUB_TRY(save(txn, Table::former_names, event.hostname, HostnameRecord{id}));
  }
  return {};
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

Result<void> Store::commit(std::span<Write> batch, std::vector<Result<fleet::NvrId>>& outcomes) {
  const PendingOperations::Operation operation(operations_);
  outcomes.clear();
  std::vector<Result<fleet::NvrId>> results;
  results.reserve(batch.size());
  NVRHUB_LET(txn, backend_->begin_write());
  NVRHUB_LET(header, load_store_header(*txn));
  bool any = false;
  for (Write& write : batch) {
    auto validated = validate_write(*txn, write, header);
    if (!validated) {
      // An I/O error concerns the whole batch, which the caller retries. Any other error concerns only this Write.
      if (validated.error().code == Errc::io) return tl::make_unexpected(std::move(validated).error());
      results.push_back(tl::make_unexpected(std::move(validated).error()));
      continue;
    }
    NVRHUB_TRY(flush(*txn, *validated, write));
    NVRHUB_TRY(save_former_names(*txn, write, validated->id));
    if (write.tokens_logged) NVRHUB_TRY(save(*txn, Table::meta, meta::tokens, TokensRecord{*write.tokens_logged}));
    results.push_back(validated->id);
    any = true;
  }
  if (any) {
    NVRHUB_TRY(save_store_header(*txn, header));
    NVRHUB_TRY(txn->commit());
  }
  outcomes = std::move(results);
  return {};
}

Result<fleet::SessionNumber> Store::reserve_sessions(std::uint64_t count) {
  const PendingOperations::Operation operation(operations_);
  NVRHUB_LET(txn, backend_->begin_write());
  NVRHUB_LET(sessions, load_meta<SessionsRecord>(*txn, meta::sessions));
  const fleet::SessionNumber first = sessions.ceiling + 1;
  NVRHUB_TRY(save(*txn, Table::meta, meta::sessions, SessionsRecord{sessions.ceiling + count}));
  NVRHUB_TRY(txn->commit());
  return first;
}

} // namespace nvrhub::store
