// Schema 3 adds to every camera change of an event the status before it, which is derived from the log.
#include <string>
#include <utility>

#include "fleet/replay.hpp"
#include "store/backup/bulk_writer.hpp"
#include "store/backup/migrate.hpp"
#include "store/backup/old_records.hpp"
#include "store/records/tables.hpp"

namespace nvrhub::store {

namespace {

/// Sets `from` of the event's camera changes, and applies it to `fleet`.
void set_former_statuses(fleet::Event& event, fleet::Fleet& fleet) {
  if (const auto nvr = fleet.find(event.nvr_id); nvr != fleet.end()) {
    for (fleet::CameraChange& change : event.cameras) {
      fleet::Camera* const camera = nvr->second.find(change.name);
      if (camera == nullptr) continue; // without effect
      change.from = std::exchange(camera->status, change.status);
    }
  }
  fleet::apply(fleet, event);
}

Result<void> write_events_with_from(ReadTxn& from, BulkWriter& to) {
  fleet::Fleet fleet;
  NVRHUB_TRY(old::read_nvrs_v4(from, base_state, [&](fleet::Nvr&& nvr, const NvrRecord&) {
    fleet.emplace(nvr.id, std::move(nvr));
    return true;
  }));
  std::string bytes;
  return each_row(from, Table::events, {}, [&](std::string_view key, std::string_view value) -> Result<bool> {
    NVRHUB_LET(event, old::decode_event_v2(key, value));
    set_former_statuses(event, fleet);
    encode(Table::events, key, event, bytes);
    NVRHUB_TRY(to.append(Table::events, key, bytes));
    return true;
  });
}

} // namespace

Result<void> migrate_2_to_3(ReadTxn& from, BulkWriter& to) {
  NVRHUB_TRY(write_events_with_from(from, to));
  NVRHUB_TRY(copy_meta(from, 3, to));
  for (const Table table : {Table::nvrs, Table::cameras, Table::hostnames, Table::seen, Table::nvr_events,
                            Table::base_nvrs, Table::base_cameras, Table::runs, Table::samples, Table::former_names}) {
    NVRHUB_TRY(copy_table(from, table, to));
  }
  return {};
}

} // namespace nvrhub::store
