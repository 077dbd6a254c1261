#include "store/stage.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "fleet/names.hpp"

namespace nvrhub::store {

namespace {

using fleet::Event;
using fleet::Kind;

/// Words for an NVR in a message.
std::string name_of(fleet::NvrId id) {
  return "NVR " + std::to_string(id);
}

tl::unexpected<Error> malformed(const Write& write, const std::string& what) {
  return fail(Errc::corrupt, "a write of " + name_of(write.nvr_id) + " was refused: " + what);
}

/// Administrative events concern the server: they come with no NVR.
bool is_of_no_nvr(const Write& write) {
  return write.nvr_id == 0 && !write.events.empty() &&
         std::all_of(write.events.begin(), write.events.end(), [](const Event& e) { return e.kind == Kind::admin; });
}

bool is_storable_name(std::string_view name) {
  return !name.empty() && name.size() <= fleet::max_name_bytes;
}

/// Whether a `registered` can be kept: the keys hold its names, and no other NVR has the hostname.
Result<void> accept_registration(ReadTxn& txn, const Write& write, const Event& event) {
  if (!event.nvr) return malformed(write, "its event `registered` carries no NVR");
  const fleet::Nvr& nvr = *event.nvr;
  const auto& cameras = nvr.cameras;
  const auto unordered = [](const fleet::Camera& a, const fleet::Camera& b) { return a.name >= b.name; };
  if (!is_storable_name(nvr.hostname) ||
      !std::all_of(cameras.begin(), cameras.end(), [](const auto& camera) { return is_storable_name(camera.name); })) {
    return malformed(write, "a name is empty or longer than " + std::to_string(fleet::max_name_bytes) + " bytes");
  }
  if (std::adjacent_find(cameras.begin(), cameras.end(), unordered) != cameras.end()) {
    return malformed(write, "its cameras are not ordered by name, each once");
  }
  NVRHUB_LET(owner, load<HostnameRecord>(txn, Table::hostnames, nvr.hostname));
  if (owner && owner->id != write.nvr_id) {
    return fail(Errc::taken, "the hostname " + nvr.hostname + " belongs to " + name_of(owner->id));
  }
  return {};
}

/// Whether the Write may touch its NVR at all.
Result<void> accept(const Write& write, const Draft& draft) {
  if (write.nvr_id == 0) {
    const bool registers = !write.events.empty() && write.events.front().kind == Kind::registered;
    if (!registers) return fail(Errc::not_found, "a write names no NVR and does not register one");
    return {};
  }
  if (!draft.record()) return fail(Errc::not_found, "there is no " + name_of(write.nvr_id) + " (any more)");
  if (write.session != 0 && write.session < draft.record()->session) {
    return fail(Errc::fenced, name_of(write.nvr_id) + " was written by session " +
                                  std::to_string(draft.record()->session) + ", after session " +
                                  std::to_string(write.session));
  }
  return {};
}

/// Gives the event its place in the log and makes it say of its NVR what is so.
Result<void> place(ReadTxn& txn, Event& event, HeadRecord& head, Draft& draft, fleet::NvrId id) {
  event.seq = ++head.seq;
  event.at = head.at = std::max(event.at, head.at);
  event.nvr_id = id;
  if (event.kind == Kind::registered) event.nvr->id = id;
  const std::optional<NvrRecord> before = draft.record();
  NVRHUB_TRY(draft.apply(txn, event));
  event.before = facts_of(before);
  event.after = facts_of(draft.record());
  const std::optional<NvrRecord>& named = draft.record() ? draft.record() : before;
  if (!named) return {};
  event.hostname = named->hostname;
  event.site = named->site;
  if (event.device_name.empty()) event.device_name = named->device_name;
  if (event.kind == Kind::registered && before) {
    event.hostname_before = before->hostname;
    event.site_before = before->site;
  }
  return {};
}

Result<Staged> stage_events(ReadTxn& txn, Write& write, Ledger& ledger) {
  Ledger moved = ledger;
  fleet::NvrId id = write.nvr_id;
  const bool of_no_nvr = is_of_no_nvr(write);
  if (id == 0 && !of_no_nvr) id = moved.head.next_nvr++;
  if (moved.head.next_nvr == std::numeric_limits<fleet::NvrId>::max()) return malformed(write, "no number is left");
  NVRHUB_LET(draft, Draft::load(txn, live_state, id));
  if (!of_no_nvr) NVRHUB_TRY(accept(write, draft));
  bool removed = false;
  for (Event& event : write.events) {
    if (removed) return fail(Errc::not_found, name_of(write.nvr_id) + " is removed earlier in the same write");
    if (event.kind == Kind::registered) NVRHUB_TRY(accept_registration(txn, write, event));
    NVRHUB_TRY(place(txn, event, moved.head, draft, id));
    removed = event.kind == Kind::removed;
  }
  if (write.session != 0 && draft.record()) draft.set_session(write.session);
  recount(moved.counts, draft.record_before(), draft.record());
  ledger = moved;
  return Staged{std::move(draft), id};
}

} // namespace

Result<Staged> stage(ReadTxn& txn, Write& write, Ledger& ledger) {
  auto staged = stage_events(txn, write, ledger);
  if (!staged) {
    for (Event& event : write.events)
      event.seq = 0;
  }
  return staged;
}

Result<void> flush(WriteTxn& txn, const Staged& staged, const Write& write) {
  NVRHUB_TRY(staged.draft.flush(txn));
  const bool is_new = !staged.draft.record_before();
  if (staged.draft.record() && (is_new || write.last_seen != 0)) {
    NVRHUB_TRY(raise_seen(txn, staged.id, write.last_seen, true));
  }
  std::string bytes;
  for (const Event& event : write.events) {
    const std::string key = event_key(event.seq);
    encode(Table::events, key, event, bytes);
    NVRHUB_TRY(txn.append(Table::events, key, bytes));
    if (staged.id != 0) NVRHUB_TRY(txn.put(Table::nvr_events, nvr_event_key(staged.id, event.seq), {}));
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
