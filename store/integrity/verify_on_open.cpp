#include "store/integrity/verify_on_open.hpp"

#include <algorithm>

#include "store/commit/store_header.hpp"
#include "store/integrity/child.hpp"
#include "store/lmdb/meta_pages.hpp"

namespace nvrhub::store {

namespace {

constexpr std::uint64_t last_events = 10'000;

template <class Record>
Result<void> decode_all(ReadTxn& txn, Table table) {
  return each_row(txn, table, {}, [&](std::string_view key, std::string_view value) -> Result<bool> {
    NVRHUB_TRY(decode<Record>(table, key, value));
    return true;
  });
}

Result<void> read_state(ReadTxn& txn) {
  NVRHUB_TRY(decode_all<NvrRecord>(txn, Table::nvrs));
  NVRHUB_TRY(decode_all<CameraRecord>(txn, Table::cameras));
  NVRHUB_TRY(decode_all<HostnameRecord>(txn, Table::hostnames));
  NVRHUB_TRY(decode_all<SeenRecord>(txn, Table::seen));
  NVRHUB_TRY(decode_all<RunRecord>(txn, Table::runs));
  NVRHUB_TRY(decode_all<SampleRecord>(txn, Table::samples));
  NVRHUB_TRY(decode_all<HostnameRecord>(txn, Table::former_names));
  NVRHUB_TRY(decode_all<AlertRecord>(txn, Table::alerts));
  NVRHUB_TRY(decode_all<OriginState>(txn, Table::origins));
  NVRHUB_TRY(decode_all<ChainRecord>(txn, Table::chain));
  NVRHUB_TRY(decode_all<PartRecord>(txn, Table::parts));
  NVRHUB_TRY(decode_all<NvrRecord>(txn, Table::base_nvrs));
  return decode_all<CameraRecord>(txn, Table::base_cameras);
}

Result<void> read_last_events(const Snapshot& snapshot) {
  NVRHUB_LET(head, load_meta<HeadRecord>(snapshot.txn(), meta::head));
  const fleet::Seq before = std::max(head.begin - 1, head.seq - std::min<fleet::Seq>(head.seq, last_events));
  fleet::Seq expected = before;
  NVRHUB_TRY(snapshot.each_event(before, head.seq, std::nullopt,
                                 [&](fleet::Event&& event) { return event.seq == ++expected; }));
  if (expected != head.seq) {
    return fail(Errc::corrupt, describe(Table::events, event_key(std::min(expected + 1, head.seq))) + " is missing");
  }
  return {};
}

Result<void> read_all(const LmdbOptions& options) {
  NVRHUB_LET(backend, open_lmdb(options));
  NVRHUB_LET(txn, backend->begin_read());
  NVRHUB_LET(first, txn->lower_bound(Table::meta, {}));
  if (!first) return {}; // a server was killed before it had created the tables
  txn.reset();
  NVRHUB_LET(store, Store::open(std::move(backend)));
  NVRHUB_LET(snapshot, store->snapshot());
  NVRHUB_TRY(read_state(snapshot.txn()));
  return read_last_events(snapshot);
}

} // namespace

Result<void> verify_on_open(const LmdbOptions& options) {
  const std::filesystem::path data = options.path / "data.mdb";
  std::error_code ec;
  if (std::filesystem::file_size(data, ec) == 0 || ec) return {};
  NVRHUB_TRY(check_meta_pages(data));
  auto read = try_in_child([&options] { return read_all(options); });
  if (read) return {};
  Error error = std::move(read).error();
  error.message = data.string() + (error.code == Errc::corrupt ? " is damaged: " : ": ") + error.message;
  if (error.code == Errc::corrupt)
    error.message += "; restore a backup, or run `nvrhub check` to see the extent of the damage";
  return tl::make_unexpected(std::move(error));
}

} // namespace nvrhub::store
