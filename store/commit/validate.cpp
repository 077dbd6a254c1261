#include "store/commit/validate.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "fleet/names.hpp"

namespace nvrhub::store {

namespace {

using fleet::Event;
using fleet::Kind;

/// For messages.
std::string name_of(fleet::NvrId id) {
  return "NVR " + std::to_string(id);
}

tl::unexpected<Error> malformed(const Write& write, const std::string& what) {
  return fail(Errc::malformed, "write for " + name_of(write.nvr_id) + " refused: " + what);
}

/// Administrative events and alerts belong to no NVR.
bool concerns_no_nvr(const Write& write) {
  return write.nvr_id == 0 && (!write.events.empty() || !write.alerts.empty()) &&
         std::all_of(write.events.begin(), write.events.end(),
                     [](const Event& e) { return e.kind == Kind::admin || e.kind == Kind::alert; });
}

bool is_storable_name(std::string_view name) {
  return !name.empty() && name.size() <= fleet::max_name_bytes;
}

/// Records of the alert engine belong to no NVR, and their keys must fit.
Result<void> check_alerts(const Write& write, bool no_nvr) {
  if (!no_nvr) return malformed(write, "it has records of alerts, but is for an NVR");
  const auto fits = [](const AlertWrite& alert) { return !alert.key.empty() && alert.key.size() <= max_alert_key; };
  if (std::all_of(write.alerts.begin(), write.alerts.end(), fits)) return {};
  return malformed(write,
                   "the key of an alert's record is empty or longer than " + std::to_string(max_alert_key) + " bytes");
}

/// A `registered` event needs names that fit into keys, and a hostname that no other NVR has.
Result<void> check_registration(ReadTxn& txn, const Write& write, const Event& event) {
  if (!event.nvr) return malformed(write, "its `registered` event has no NVR");
  const fleet::Nvr& nvr = *event.nvr;
  const auto& cameras = nvr.cameras;
  const auto unordered = [](const fleet::Camera& a, const fleet::Camera& b) { return a.name >= b.name; };
  if (!is_storable_name(nvr.hostname) ||
      !std::all_of(cameras.begin(), cameras.end(), [](const auto& camera) { return is_storable_name(camera.name); })) {
    return malformed(write, "a name is empty or longer than " + std::to_string(fleet::max_name_bytes) + " bytes");
  }
  if (std::adjacent_find(cameras.begin(), cameras.end(), unordered) != cameras.end()) {
    return malformed(write, "its cameras are not sorted by name, or not unique");
  }
  NVRHUB_LET(owner, load<HostnameRecord>(txn, Table::hostnames, nvr.hostname));
  if (owner && owner->id != write.nvr_id) {
    return fail(Errc::taken, "the hostname " + nvr.hostname + " belongs to " + name_of(owner->id));
  }
  return {};
}

/// The NVR must exist, the session must not be older than that of its last write, and the version must be that on which
/// the write was drafted.
Result<void> check_session_and_version(const Write& write, const NvrUpdate& update) {
  if (write.nvr_id == 0) {
    const bool registers = !write.events.empty() && write.events.front().kind == Kind::registered;
    if (!registers) return fail(Errc::not_found, "a write has neither an NVR id nor a registration");
    return {};
  }
  if (!update.record()) return fail(Errc::not_found, name_of(write.nvr_id) + " does not exist");
  if (write.session != 0 && write.session < update.record()->session) {
    return fail(Errc::fenced, name_of(write.nvr_id) + " was last written by session " +
                                  std::to_string(update.record()->session) + ": session " +
                                  std::to_string(write.session) + " is fenced");
  }
  if (write.drafted_on != 0 && write.drafted_on != update.record()->version) {
    return fail(Errc::stale, name_of(write.nvr_id) + " has changed since the write was drafted: try again");
  }
  return {};
}

/// Sets the event's seq and time, and its fields about the NVR before and after it.
Result<void> finalize_event(ReadTxn& txn, Event& event, HeadRecord& head, fleet::WallMillis floor, NvrUpdate& update,
                            fleet::NvrId id) {
  event.seq = ++head.seq;
  event.at = head.at = std::max({event.at, head.at, floor});
  event.nvr_id = id;
  if (event.kind == Kind::registered) {
    event.nvr->id = id;
    event.nvr->version = 0; // events do not have it
  }
  const std::optional<NvrRecord> before = update.record();
  NVRHUB_TRY(update.apply(txn, event));
  event.before = summary_of(before);
  event.after = summary_of(update.record());
  const std::optional<NvrRecord>& current = update.record() ? update.record() : before;
  if (!current) return {};
  event.hostname = current->hostname;
  event.site = current->site;
  if (event.device_name.empty()) event.device_name = current->device_name;
  if (event.kind == Kind::registered && before) {
    event.hostname_before = before->hostname;
    event.site_before = before->site;
  }
  return {};
}

Result<ValidatedWrite> number_events(ReadTxn& txn, Write& write, StoreHeader& header, OriginNumber origin) {
  StoreHeader updated = header;
  fleet::NvrId id = write.nvr_id;
  const bool no_nvr = concerns_no_nvr(write);
  if (!write.alerts.empty()) NVRHUB_TRY(check_alerts(write, no_nvr));
  if (id == 0 && !no_nvr) id = updated.head.next_nvr++;
  if (updated.head.next_nvr == std::numeric_limits<fleet::NvrId>::max()) return malformed(write, "no NVR id is left");
  NVRHUB_LET(update, NvrUpdate::load(txn, live_state, id));
  if (!no_nvr) NVRHUB_TRY(check_session_and_version(write, update));
  bool removed = false;
  for (Event& event : write.events) {
    if (removed) return fail(Errc::not_found, name_of(write.nvr_id) + " is removed earlier in the same write");
    if (event.kind == Kind::registered) NVRHUB_TRY(check_registration(txn, write, event));
    NVRHUB_TRY(finalize_event(txn, event, updated.head, header.observed_until, update, id));
    removed = event.kind == Kind::removed;
  }
  if (write.session != 0 && update.record()) update.set_session(write.session, origin);
  update.advance_version();
  write.version = update.record() ? update.record()->version : 0;
  recount(updated.counts, update.record_before(), update.record());
  header = updated;
  return ValidatedWrite{std::move(update), id};
}

} // namespace

Result<ValidatedWrite> validate_write(ReadTxn& txn, Write& write, StoreHeader& header, OriginNumber origin) {
  auto validated = number_events(txn, write, header, origin);
  if (!validated) {
    for (Event& event : write.events)
      event.seq = 0;
  }
  return validated;
}

/// What follows in the log may have been written before the revocation was known.
static Result<bool> is_revoked_token(ReadTxn& txn, std::string_view key) {
  if (!key.starts_with(token_prefix)) return false;
  NVRHUB_LET(record, load<AlertRecord>(txn, Table::alerts, key));
  return record && record->bytes.empty();
}

Result<void> flush(WriteTxn& txn, const ValidatedWrite& validated, const Write& write) {
  NVRHUB_TRY(validated.update.flush(txn));
  const bool is_new = !validated.update.record_before();
  if (validated.update.record() && (is_new || write.last_seen != 0)) {
    NVRHUB_TRY(raise_seen(txn, validated.id, write.last_seen, true));
  }
  std::string bytes;
  for (const Event& event : write.events) {
    const std::string key = event_key(event.seq);
    encode(Table::events, key, event, bytes);
    NVRHUB_TRY(txn.append(Table::events, key, bytes));
    if (fleet::is_indexed(event)) NVRHUB_TRY(txn.put(Table::nvr_events, nvr_event_key(validated.id, event.seq), {}));
  }
  for (const AlertWrite& alert : write.alerts) {
    NVRHUB_LET(is_final, is_revoked_token(txn, alert.key));
    if (is_final) continue;
    if (!alert.value) {
      NVRHUB_TRY(txn.erase(Table::alerts, alert.key));
    } else {
      NVRHUB_TRY(save(txn, Table::alerts, alert.key, AlertRecord{*alert.value}));
    }
  }
  return {};
}

Result<bool> raise_seen(WriteTxn& txn, fleet::NvrId id, fleet::WallMillis last_seen, bool create) {
  const std::string key = nvr_key(id);
  NVRHUB_LET(seen, load<SeenRecord>(txn, Table::seen, key));
  if (seen ? seen->last_seen >= last_seen : !create) return false;
  NVRHUB_TRY(save(txn, Table::seen, key, SeenRecord{last_seen}));
  return true;
}

} // namespace nvrhub::store
