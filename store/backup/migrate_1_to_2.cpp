// Schema 2 adds to every event the summaries of its NVR before and after it, and adds the time of the last pruned event
// and table former_names. All of these are derived from the log. Server runs cannot be derived: they begin with the
// first run on schema 2. Checkpoints are written with later changes.
#include <map>

#include "fleet/replay.hpp"
#include "store/backup/bulk_writer.hpp"
#include "store/backup/migrate.hpp"
#include "store/backup/old_records.hpp"
#include "store/records/tables.hpp"

namespace nvrhub::store {

namespace {

// ---- the records that differ in schema 1; independent of later changes of records/ ----

namespace v1 {

// Flag 1: the NVR was online. Not used.
enum : std::uint8_t { has_cause = 2, has_cameras = 4, has_nvr = 8, has_detail = 16, all_flags = 31 };

Result<fleet::Event> decode_event(std::string_view key, std::string_view value) {
  NVRHUB_LET(payload, open_record(Table::events, key, value));
  ByteReader in(payload);
  fleet::Event event;
  event.kind = in.code<fleet::Kind>(7);
  const std::uint8_t flags = in.code<std::uint8_t>(all_flags + 1);
  event.at = in.zigzag();
  event.nvr_id = in.number<fleet::NvrId>();
  event.hostname = in.text();
  event.cameras_updated = in.number<std::uint32_t>();
  if ((flags & has_cause) != 0) event.cause = in.code<fleet::Cause>(6);
  if ((flags & has_cameras) != 0) {
    event.cameras.resize(old::read_count(in, 3));
    for (fleet::CameraChange& change : event.cameras) {
      change.name = in.text();
      change.status = old::read_status(in);
      change.source = in.code<fleet::Source>(4);
    }
  }
  if ((flags & has_nvr) != 0) event.nvr = old::read_nvr(in);
  if ((flags & has_detail) != 0) event.detail = in.text();
  const auto seq = seq_of_key(key);
  if (!in.complete() || !seq || (event.kind == fleet::Kind::registered && !event.nvr)) {
    return tl::make_unexpected(malformed_record(Table::events, key));
  }
  event.seq = *seq;
  return event;
}

Result<HeadRecord> load_head(ReadTxn& txn) {
  NVRHUB_LET(bytes, txn.get(Table::meta, meta::head));
  if (!bytes) return fail(Errc::corrupt, describe(Table::meta, meta::head) + " is missing");
  NVRHUB_LET(payload, open_record(Table::meta, meta::head, *bytes));
  ByteReader in(payload);
  HeadRecord head;
  head.begin = in.varint();
  head.seq = in.varint();
  head.at = in.zigzag();
  head.next_nvr = in.number<fleet::NvrId>();
  if (!in.complete()) return tl::make_unexpected(malformed_record(Table::meta, meta::head));
  return head;
}

} // namespace v1

// ---- the step ----

template <class Record>
Result<void> append(BulkWriter& to, Table table, std::string_view key, const Record& record) {
  std::string bytes;
  encode(table, key, record, bytes);
  return to.append(table, key, bytes);
}

Result<void> write_meta(ReadTxn& from, BulkWriter& to, const HeadRecord& head) {
  return each_row(from, Table::meta, {}, [&](std::string_view key, std::string_view value) -> Result<bool> {
    if (meta::identifies_directory(key)) return true;
    if (key == meta::head) {
      NVRHUB_TRY(append(to, Table::meta, key, head));
    } else if (key == meta::schema) {
      NVRHUB_TRY(append(to, Table::meta, key, SchemaRecord{2}));
    } else {
      NVRHUB_TRY(to.append(Table::meta, key, value));
    }
    return true;
  });
}

using FormerNames = std::map<std::string, fleet::NvrId>;

/// Adds the fields of schema 2 to an event, and applies it to `fleet`.
void enrich(fleet::Event& event, fleet::Fleet& fleet, FormerNames& former_names) {
  const auto before = fleet.find(event.nvr_id);
  if (before != fleet.end()) {
    event.before = fleet::summary_of(before->second);
    event.site = before->second.site;
    if (event.kind == fleet::Kind::registered) {
      event.hostname_before = before->second.hostname;
      event.site_before = before->second.site;
    }
  }
  fleet::apply(fleet, event);
  const auto after = fleet.find(event.nvr_id);
  if (after != fleet.end()) {
    event.after = fleet::summary_of(after->second);
    event.site = after->second.site;
  }
  if (event.kind == fleet::Kind::removed) former_names[event.hostname] = event.nvr_id;
}

Result<FormerNames> write_events(ReadTxn& from, BulkWriter& to, HeadRecord& head) {
  fleet::Fleet fleet;
  NVRHUB_TRY(old::read_nvrs_v4(from, base_state, [&](fleet::Nvr&& nvr, const NvrRecord&) {
    fleet.emplace(nvr.id, std::move(nvr));
    return true;
  }));
  FormerNames former_names;
  std::string bytes;
  const auto rewrite = [&](std::string_view key, std::string_view value) -> Result<bool> {
    NVRHUB_LET(event, v1::decode_event(key, value));
    // The time of the last pruned event is unknown: the base state gets the time of the first retained event.
    if (event.seq == head.begin && head.begin > 1) head.begin_at = event.at;
    enrich(event, fleet, former_names);
    old::encode_event_v2(key, event, bytes);
    NVRHUB_TRY(to.append(Table::events, key, bytes));
    return true;
  };
  NVRHUB_TRY(each_row(from, Table::events, {}, rewrite));
  if (head.begin > head.seq) head.begin_at = head.at;
  return former_names;
}

} // namespace

Result<void> migrate_1_to_2(ReadTxn& from, BulkWriter& to) {
  NVRHUB_LET(head, v1::load_head(from));
  NVRHUB_LET(former_names, write_events(from, to, head));
  NVRHUB_TRY(write_meta(from, to, head));
  for (const auto& [hostname, id] : former_names)
    NVRHUB_TRY(append(to, Table::former_names, hostname, HostnameRecord{id}));
  for (const Table table : {Table::nvrs, Table::cameras, Table::hostnames, Table::seen, Table::nvr_events,
                            Table::base_nvrs, Table::base_cameras}) {
    NVRHUB_TRY(copy_table(from, table, to));
  }
  return {};
}

} // namespace nvrhub::store
