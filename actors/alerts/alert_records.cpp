#include "actors/alerts/alert_records.hpp"

#include <utility>

#include "store/records/keys.hpp"
#include "store/records/wire.hpp"

namespace nvrhub::actors {

namespace {

using store::ByteReader;
using store::ByteWriter;

constexpr std::size_t max_changes = 64; // more than flapping.hpp keeps

enum : std::uint8_t { is_acknowledged = 1, are_changes_truncated = 2, all_flags = 3 };

} // namespace

namespace alert_key {

std::string alert(std::string_view rule, const alerts::Subject& subject) {
  std::string key(alerts);
  store::append_number(key, subject.nvr_id, store::id_bytes);
  key.append(rule).push_back('\0'); // names have no control characters
  return key.append(subject.name);
}

} // namespace alert_key

std::string encode_stored_alert(const alerts::Alert& alert, std::string_view json) {
  std::string bytes;
  ByteWriter out(bytes);
  out.text(json);
  out.varint(alert.id);
  out.byte(static_cast<std::uint8_t>(alert.state));
  out.byte(static_cast<std::uint8_t>((alert.acknowledged ? is_acknowledged : 0) |
                                     (alert.changes_truncated ? are_changes_truncated : 0)));
  out.varint(alert.begun_seq);
  for (const std::int64_t time : {alert.begun, alert.fired, alert.ended, alert.resolved, alert.deadline,
                                  alert.hold_until, alert.remind_at, alert.unconfirmed_until})
    out.zigzag(time);
  out.varint(alert.changes.size());
  for (const alerts::ObservedMillis change : alert.changes)
    out.zigzag(change);
  out.varint(alert.announced);
  out.varint(alert.returns);
  if (alert.acknowledged) {
    out.text(alert.acknowledged->who);
    out.text(alert.acknowledged->note);
    out.zigzag(alert.acknowledged->at);
  }
  return bytes;
}

std::optional<std::string_view> json_of_stored_alert(std::string_view bytes) {
  ByteReader in(bytes);
  const std::string_view json = in.text();
  return in.ok() ? std::optional(json) : std::nullopt;
}

std::optional<StoredAlert> decode_stored_alert(std::string_view key, std::string_view bytes) {
  key.remove_prefix(std::min(key.size(), alert_key::alerts.size()));
  const auto nvr_id = store::id_of_key(key);
  const std::size_t end = nvr_id ? key.find('\0', store::id_bytes) : key.npos;
  if (end == key.npos) return std::nullopt;
  StoredAlert stored;
  stored.rule = key.substr(store::id_bytes, end - store::id_bytes);
  alerts::Alert& alert = stored.alert;
  alert.subject = {*nvr_id, std::string(key.substr(end + 1))};

  ByteReader in(bytes);
  stored.json = in.text();
  alert.id = in.varint();
  alert.state = in.code<alerts::State>(3);
  const auto flags = in.code<std::uint8_t>(all_flags + 1);
  alert.changes_truncated = (flags & are_changes_truncated) != 0;
  alert.begun_seq = in.varint();
  for (std::int64_t* time : {&alert.begun, &alert.fired, &alert.ended, &alert.resolved, &alert.deadline,
                             &alert.hold_until, &alert.remind_at, &alert.unconfirmed_until})
    *time = in.zigzag();
  const std::uint64_t changes = in.varint();
  if (changes > max_changes) return std::nullopt;
  for (std::uint64_t i = 0; i < changes; ++i)
    alert.changes.push_back(in.zigzag());
  alert.announced = in.number<alerts::ChannelMask>();
  alert.returns = in.number<std::uint16_t>();
  if ((flags & is_acknowledged) != 0) {
    alerts::Acknowledgement acknowledgement;
    acknowledgement.who = in.text();
    acknowledgement.note = in.text();
    acknowledgement.at = in.zigzag();
    alert.acknowledged = std::make_shared<const alerts::Acknowledgement>(std::move(acknowledgement));
  }
  return in.complete() ? std::optional(std::move(stored)) : std::nullopt;
}

std::string encode_position(const alerts::Position& position) {
  std::string bytes;
  ByteWriter out(bytes);
  out.varint(position.seq);
  out.zigzag(position.now);
  out.zigzag(position.unobserved);
  out.zigzag(position.run_began);
  return bytes;
}

std::optional<alerts::Position> decode_position(std::string_view bytes) {
  ByteReader in(bytes);
  alerts::Position position;
  position.seq = in.varint();
  position.now = in.zigzag();
  position.unobserved = in.zigzag();
  position.run_began = in.zigzag();
  return in.complete() ? std::optional(position) : std::nullopt;
}

std::string encode_sent(const SentRecord& record) {
  std::string bytes;
  ByteWriter out(bytes);
  out.varint(record.seq);
  for (const auto& [channel, times] : record.times) {
    out.text(channel);
    out.varint(times.size());
    for (const fleet::WallMillis time : times)
      out.zigzag(time);
  }
  return bytes;
}

std::optional<SentRecord> decode_sent(std::string_view bytes) {
  ByteReader in(bytes);
  SentRecord record;
  record.seq = in.varint();
  while (in.left() > 0 && in.ok()) {
    auto& times = record.times[std::string(in.text())];
    for (std::uint64_t count = in.varint(); count > 0 && in.ok(); --count)
      times.push_back(in.zigzag());
  }
  return in.ok() ? std::optional(std::move(record)) : std::nullopt;
}

std::string encode_names(const std::vector<std::string>& names) {
  std::string bytes;
  ByteWriter out(bytes);
  for (const std::string& name : names)
    out.text(name);
  return bytes;
}

std::optional<std::vector<std::string>> decode_names(std::string_view bytes) {
  ByteReader in(bytes);
  std::vector<std::string> names;
  while (in.left() > 0 && in.ok())
    names.emplace_back(in.text());
  return in.ok() ? std::optional(std::move(names)) : std::nullopt;
}

} // namespace nvrhub::actors
