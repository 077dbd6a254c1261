#include "store/records/tables.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace nvrhub::store {

Result<fleet::Event> decode_event(std::string_view key, std::string_view value) {
  NVRHUB_LET(event, decode<fleet::Event>(Table::events, key, value));
  const auto seq = seq_of_key(key);
  if (!seq) return tl::make_unexpected(malformed_record(Table::events, key));
  event.seq = *seq;
  return std::move(event);
}

Result<fleet::Event> load_event(ReadTxn& txn, fleet::Seq seq) {
  const std::string key = event_key(seq);
  NVRHUB_LET(value, txn.get(Table::events, key));
  if (!value) return fail(Errc::corrupt, describe(Table::events, key) + " is missing");
  return decode_event(key, *value);
}

Result<void> each_row(ReadTxn& txn, Table table, std::string_view from, const VisitRow& visit) {
  std::string key(from);
  for (;;) {
    NVRHUB_LET(entry, txn.lower_bound(table, key));
    if (!entry) return {};
    set_next_key(key, entry->first);
    NVRHUB_LET(more, visit(entry->first, entry->second));
    if (!more) return {};
  }
}

Result<void> each_camera(ReadTxn& txn, const StateTables& tables, fleet::NvrId id, const VisitCamera& visit) {
  return each_row(txn, tables.cameras, nvr_key(id), [&](std::string_view key, std::string_view value) -> Result<bool> {
    if (id_of_key(key) != id) return false;
    NVRHUB_LET(record, decode<CameraRecord>(tables.cameras, key, value));
    visit(key.substr(id_bytes), std::move(record));
    return true;
  });
}

Result<fleet::Nvr> assemble_nvr(ReadTxn& txn, const StateTables& tables, fleet::NvrId id, const NvrRecord& record) {
  fleet::Nvr nvr;
  nvr.id = id;
  nvr.version = record.version;
  nvr.hostname = record.hostname;
  nvr.device_name = record.device_name;
  nvr.site = record.site;
  nvr.online = record.online;
  nvr.session = record.session;
  if (tables.live) {
    NVRHUB_LET(seen, load<SeenRecord>(txn, Table::seen, nvr_key(id)));
    if (seen) nvr.last_seen = seen->last_seen;
  }
  nvr.cameras.reserve(std::min<std::uint32_t>(record.cameras, 1U << 16));
  NVRHUB_TRY(each_camera(txn, tables, id, [&](std::string_view name, CameraRecord&& camera) {
    if (is_stale(camera, record)) resolve_stale(camera, record);
    nvr.cameras.push_back(
        {std::string(name), std::move(camera.ip_address), camera.status, camera.source, camera.since});
  }));
  return nvr;
}

Result<std::optional<fleet::Nvr>> read_nvr(ReadTxn& txn, const StateTables& tables, fleet::NvrId id) {
  NVRHUB_LET(record, load<NvrRecord>(txn, tables.nvrs, nvr_key(id)));
  if (!record) return std::nullopt;
  NVRHUB_LET(nvr, assemble_nvr(txn, tables, id, *record));
  return std::optional<fleet::Nvr>(std::move(nvr));
}

Result<void> read_nvrs(ReadTxn& txn, const StateTables& tables, fleet::NvrId after, const VisitNvr& visit) {
  if (after == std::numeric_limits<fleet::NvrId>::max()) return {};
  return each_row(txn, tables.nvrs, nvr_key(after + 1),
                  [&](std::string_view key, std::string_view value) -> Result<bool> {
                    const auto id = id_of_key(key);
                    NVRHUB_LET(record, decode<NvrRecord>(tables.nvrs, key, value));
                    if (!id || key.size() != id_bytes) return tl::make_unexpected(malformed_record(tables.nvrs, key));
                    NVRHUB_LET(nvr, assemble_nvr(txn, tables, *id, record));
                    return visit(std::move(nvr), record);
                  });
}

} // namespace nvrhub::store
