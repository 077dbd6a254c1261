#include "store/commit/store_header.hpp"

namespace nvrhub::store {

namespace {

/// `weight` is 1 or -1 (unsigned: sums wrap).
void add(Counts& counts, const NvrRecord& nvr, std::uint64_t weight) {
  (nvr.online ? counts.nvrs_online : counts.nvrs_offline) += weight;
  counts.cameras_online += weight * nvr.cameras_online;
  counts.cameras_other += weight * nvr.cameras_other;
  counts.cameras_offline += weight * (std::uint64_t{nvr.cameras} - nvr.cameras_online - nvr.cameras_other);
}

} // namespace

Result<StoreHeader> load_store_header(ReadTxn& txn) {
  NVRHUB_LET(head, load_meta<HeadRecord>(txn, meta::head));
  NVRHUB_LET(counts, load_meta<Counts>(txn, meta::counts));
  NVRHUB_LET(row, txn.before(Table::runs, {}));
  if (!row) return StoreHeader{head, counts, 0};
  NVRHUB_LET(run, decode<RunRecord>(Table::runs, row->first, row->second));
  return StoreHeader{head, counts, run.to};
}

Result<void> save_store_header(WriteTxn& txn, const StoreHeader& header) {
  NVRHUB_TRY(save(txn, Table::meta, meta::head, header.head));
  return save(txn, Table::meta, meta::counts, header.counts);
}

fleet::NvrSummary summary_of(const std::optional<NvrRecord>& nvr) {
  if (!nvr) return {};
  return {true, nvr->online, nvr->cameras_online, nvr->cameras - nvr->cameras_online - nvr->cameras_other,
          nvr->cameras_other};
}

void recount(Counts& counts, const std::optional<NvrRecord>& before, const std::optional<NvrRecord>& after) {
  if (before) add(counts, *before, ~std::uint64_t{0});
  if (after) add(counts, *after, 1);
}

} // namespace nvrhub::store
