#include "store/entry/codec.hpp"

#include <type_traits>
#include <utility>

#include "store/entry/member_codec.hpp"
#include "store/records/codec.hpp"
#include "store/try.hpp"

namespace nvrhub::store::entry {

namespace {

/// The numbers never change; 0 is none.
enum class EntryKind : std::uint8_t {
  batch = 1,
  liveness,
  prune,
  checkpoint,
  sessions,
  node_joined,
  node_lost,
  claims,
  expire,
  part,
};

enum : std::uint8_t { begins_run = 1, clock_discontinuity = 2, has_applied = 4, all_liveness_flags = 7 };

// The fewest bytes of an element of a list.
constexpr std::size_t min_write = 7;
constexpr std::size_t min_event = 16;
constexpr std::size_t min_alert = 2;
constexpr std::size_t min_seen = 2;

constexpr std::size_t part_overhead = 16; // of a Part, beside its bytes

void begin(ByteWriter& out, EntryKind kind) {
  out.byte(version);
  out.byte(static_cast<std::uint8_t>(kind));
}

void write_event(ByteWriter& out, const fleet::Event& event) {
  write(out, event);
  out.text(event.device_name);
}

void read_event(ByteReader& in, fleet::Event& event) {
  read_draft(in, event);
  event.device_name = in.text();
}

void write_fields(ByteWriter& out, const Write& write) {
  out.varint(write.nvr_id);
  out.varint(write.drafted_on);
  out.varint(write.session);
  out.zigzag(write.last_seen);
  out.varint(write.events.size());
  for (const fleet::Event& event : write.events)
    write_event(out, event);
  out.byte(write.tokens_logged ? 1 : 0);
  if (write.tokens_logged) {
    out.varint(write.tokens_logged->size());
    for (const std::string& id : *write.tokens_logged)
      out.text(id);
  }
  out.varint(write.alerts.size());
  for (const AlertWrite& alert : write.alerts) {
    out.text(alert.key);
    out.byte(alert.value ? 1 : 0);
    if (alert.value) out.text(*alert.value);
  }
}

void read_fields(ByteReader& in, Write& write) {
  write.nvr_id = in.number<fleet::NvrId>();
  write.drafted_on = in.number<fleet::NvrVersion>();
  write.session = in.varint();
  write.last_seen = in.zigzag();
  write.events.resize(in.count(min_event));
  for (fleet::Event& event : write.events)
    read_event(in, event);
  if (read_bool(in)) {
    write.tokens_logged.emplace(in.count(1));
    for (std::string& id : *write.tokens_logged)
      id = in.text();
  }
  write.alerts.resize(in.count(min_alert));
  for (AlertWrite& alert : write.alerts) {
    alert.key = in.text();
    if (read_bool(in)) alert.value = in.text();
  }
}

void write_fields(ByteWriter& out, const Liveness& liveness) {
  out.zigzag(liveness.now);
  out.zigzag(liveness.keep_from);
  out.zigzag(liveness.vouched);
  out.byte(static_cast<std::uint8_t>((liveness.begins_run ? begins_run : 0) |
                                     (liveness.clock_discontinuity ? clock_discontinuity : 0) |
                                     (liveness.applied.position != 0 ? has_applied : 0)));
  out.varint(liveness.seen.size());
  for (const auto& [id, last_seen] : liveness.seen) {
    out.varint(id);
    out.zigzag(last_seen);
  }
  if (liveness.applied.position == 0) return;
  out.varint(liveness.applied.position);
  write(out, liveness.applied.hash);
  out.varint(liveness.dashboards);
}

Liveness read_liveness(ByteReader& in) {
  Liveness liveness;
  liveness.now = in.zigzag();
  liveness.keep_from = in.zigzag();
  liveness.vouched = in.zigzag();
  const auto flags = in.code<std::uint8_t>(all_liveness_flags + 1);
  liveness.begins_run = (flags & begins_run) != 0;
  liveness.clock_discontinuity = (flags & clock_discontinuity) != 0;
  liveness.seen.resize(in.count(min_seen));
  for (auto& [id, last_seen] : liveness.seen) {
    id = in.number<fleet::NvrId>();
    last_seen = in.zigzag();
  }
  if ((flags & has_applied) == 0) return liveness;
  liveness.applied.position = in.varint();
  if (liveness.applied.position == 0) in.fail();
  read(in, liveness.applied.hash);
  liveness.dashboards = in.varint();
  return liveness;
}

void write_fields(ByteWriter& out, const Prune& prune) {
  out.zigzag(prune.before);
  out.varint(prune.limit);
}

Prune read_prune(ByteReader& in) {
  Prune prune;
  prune.before = in.zigzag();
  prune.limit = in.varint();
  return prune;
}

void write_fields(ByteWriter& out, const Checkpoint& checkpoint) {
  out.varint(checkpoint.changed.size());
  for (const fleet::NvrId id : checkpoint.changed)
    out.varint(id);
  out.varint(checkpoint.max);
}

Checkpoint read_checkpoint(ByteReader& in) {
  Checkpoint checkpoint;
  checkpoint.changed.resize(in.count(1));
  for (fleet::NvrId& id : checkpoint.changed)
    id = in.number<fleet::NvrId>();
  checkpoint.max = in.varint();
  return checkpoint;
}

void write_fields(ByteWriter& out, const Sessions& sessions) {
  out.varint(sessions.count);
}

Batch read_batch(ByteReader& in) {
  Batch batch;
  batch.writes.resize(in.count(min_write));
  for (Write& write : batch.writes)
    read_fields(in, write);
  return batch;
}

void write_fields(ByteWriter& out, const Part& part) {
  out.varint(part.index);
  out.varint(part.count);
  out.text(part.bytes);
}

Part read_part(ByteReader& in) {
  Part part;
  part.index = in.number<std::uint32_t>();
  part.count = in.number<std::uint32_t>();
  part.bytes = in.text();
  if (part.count < 2 || part.count > max_parts || part.index >= part.count) in.fail();
  return part;
}

Entry read_kind(ByteReader& in, std::uint8_t kind) {
  switch (static_cast<EntryKind>(kind)) {
  case EntryKind::batch:
    return read_batch(in);
  case EntryKind::liveness:
    return read_liveness(in);
  case EntryKind::prune:
    return read_prune(in);
  case EntryKind::checkpoint:
    return read_checkpoint(in);
  case EntryKind::sessions:
    return Sessions{in.varint()};
  case EntryKind::node_joined:
    return read_node_joined(in);
  case EntryKind::node_lost:
    return read_node_lost(in);
  case EntryKind::claims:
    return read_claims(in);
  case EntryKind::expire:
    return read_expire(in);
  case EntryKind::part:
    return read_part(in);
  }
  in.fail();
  return {};
}

} // namespace

std::string encode(std::span<const Write> batch) {
  std::string bytes;
  ByteWriter out(bytes);
  begin(out, EntryKind::batch);
  out.varint(batch.size());
  for (const Write& write : batch)
    write_fields(out, write);
  return bytes;
}

std::string encode(const Entry& entry) {
  if (const auto* batch = std::get_if<Batch>(&entry)) return encode(batch->writes);
  std::string bytes;
  ByteWriter out(bytes);
  const auto write_kind = [&out](EntryKind kind, const auto* fields) {
    if (fields == nullptr) return;
    begin(out, kind);
    write_fields(out, *fields);
  };
  write_kind(EntryKind::liveness, std::get_if<LivenessRecord>(&entry));
  write_kind(EntryKind::prune, std::get_if<Prune>(&entry));
  write_kind(EntryKind::checkpoint, std::get_if<Checkpoint>(&entry));
  write_kind(EntryKind::sessions, std::get_if<Sessions>(&entry));
  write_kind(EntryKind::node_joined, std::get_if<NodeJoined>(&entry));
  write_kind(EntryKind::node_lost, std::get_if<NodeLost>(&entry));
  write_kind(EntryKind::claims, std::get_if<Claims>(&entry));
  write_kind(EntryKind::expire, std::get_if<Expire>(&entry));
  write_kind(EntryKind::part, std::get_if<Part>(&entry));
  return bytes;
}

std::vector<std::string> split(std::string bytes, std::size_t max) {
  const std::size_t size = max - part_overhead;
  const std::size_t count = (bytes.size() + size - 1) / size;
  if (count > max_parts) return {};
  std::vector<std::string> parts;
  if (bytes.size() <= max) {
    parts.push_back(std::move(bytes));
    return parts;
  }
  for (std::size_t i = 0; i < count; ++i) {
    parts.push_back(
        encode(Part{static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(count), bytes.substr(i * size, size)}));
  }
  return parts;
}

Result<Entry> decode(std::string_view bytes) {
  ByteReader in(bytes);
  const std::uint8_t found = in.byte();
  if (in.ok() && found != version) {
    return fail(Errc::malformed, "an entry of version " + std::to_string(found) + ": this nvrhub reads version " +
                                     std::to_string(version) + "; install the version that wrote it");
  }
  const std::uint8_t kind = in.byte();
  Entry entry = read_kind(in, kind);
  if (in.complete()) return entry;
  return fail(Errc::malformed, "an entry of kind " + std::to_string(kind) + " with " + std::to_string(bytes.size()) +
                                   " bytes is malformed");
}

} // namespace nvrhub::store::entry
