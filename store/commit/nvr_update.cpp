#include "store/commit/nvr_update.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "fleet/names.hpp"

namespace nvrhub::store {

namespace {

constexpr std::uint32_t one_more = 1;
constexpr std::uint32_t one_less = ~std::uint32_t{0}; // unsigned sums wrap

} // namespace

Result<NvrUpdate> NvrUpdate::load(ReadTxn& txn, const StateTables& tables, fleet::NvrId id) {
  NvrUpdate update(tables, id);
  NVRHUB_LET(record, store::load<NvrRecord>(txn, tables.nvrs, nvr_key(id)));
  update.before_ = record;
  update.record_ = std::move(record);
  update.all_loaded_ = !update.before_;
  return update;
}

Result<void> NvrUpdate::apply(ReadTxn& txn, fleet::Event& event) {
  if (event.kind == fleet::Kind::registered) return replace(txn, event);
  if (!record_) return {};
  switch (event.kind) {
  case fleet::Kind::nvr_online:
    NVRHUB_TRY(resolve_all(txn));
    record_->online = true;
    return change_cameras(txn, event);
  case fleet::Kind::cameras:
    return change_cameras(txn, event);
  case fleet::Kind::nvr_offline:
    return go_offline(txn, event);
  case fleet::Kind::removed:
    return remove(txn);
  default:
    return {};
  }
}

Result<NvrUpdate::Slot*> NvrUpdate::find(ReadTxn& txn, std::string_view name) {
  if (const auto at = cameras_.find(name); at != cameras_.end()) return at->second.removed ? nullptr : &at->second;
  if (all_loaded_ || name.empty() || name.size() > fleet::max_name_bytes) return nullptr;
  NVRHUB_LET(record, store::load<CameraRecord>(txn, tables_.cameras, camera_key(id_, name)));
  if (!record) return nullptr;
  return &cameras_.emplace(name, Slot{std::move(*record), true, false, false}).first->second;
}

Result<void> NvrUpdate::load_all(ReadTxn& txn) {
  if (std::exchange(all_loaded_, true)) return {};
  return each_camera(txn, tables_, id_, [&](std::string_view name, CameraRecord&& record) {
    cameras_.try_emplace(std::string(name), Slot{std::move(record), true, false, false});
  });
}

/// Writes the effective status of stale cameras, so that their `since` stays that of this outage after later ones.
Result<void> NvrUpdate::resolve_all(ReadTxn& txn) {
  if (record_->online || record_->cameras == 0) return {};
  NVRHUB_TRY(load_all(txn));
  for (auto& [name, slot] : cameras_) {
    if (slot.removed || !is_stale(slot.record, *record_)) continue;
    resolve_stale(slot.record, *record_);
    slot.dirty = true;
  }
  return {};
}

Result<void> NvrUpdate::change_cameras(ReadTxn& txn, fleet::Event& event) {
  auto next = cameras_.begin(); // if all cameras change, in the order of names, none has to be searched for
  for (fleet::CameraChange& change : event.cameras) {
    Slot* slot = nullptr;
    if (next != cameras_.end() && next->first == change.name && !next->second.removed) {
      slot = &next++->second;
    } else {
      NVRHUB_LET(found, find(txn, change.name));
      slot = found;
    }
    if (slot == nullptr) continue;
    CameraRecord& camera = slot->record;
    change.from = is_stale(camera, *record_) ? fleet::Status::offline() : camera.status;
    count(change.from, one_less);
    count(change.status, one_more);
    camera.status = change.status;
    camera.source = change.source;
    camera.since = event.at;
    camera.seq = event.seq;
    slot->dirty = true;
  }
  return {};
}

Result<void> NvrUpdate::go_offline(ReadTxn& txn, const fleet::Event& event) {
  NVRHUB_TRY(resolve_all(txn)); // no effect unless it was already offline
  record_->online = false;
  record_->offline_seq = event.seq;
  record_->offline_at = event.at;
  record_->cameras_online = 0;
  record_->cameras_other = 0;
  return {};
}

Result<void> NvrUpdate::replace(ReadTxn& txn, const fleet::Event& event) {
  const fleet::Nvr& nvr = *event.nvr;
  if (record_ && nvr.online) NVRHUB_TRY(resolve_all(txn));
  NVRHUB_TRY(load_all(txn));
  if (!record_) record_.emplace();
  record_->hostname = nvr.hostname;
  record_->device_name = nvr.device_name;
  record_->site = nvr.site;
  record_->online = nvr.online;
  record_->cameras = static_cast<std::uint32_t>(nvr.cameras.size());
  record_->cameras_online = 0;
  record_->cameras_other = 0;
  for (auto& [name, slot] : cameras_) {
    if (nvr.find(name) == nullptr) slot.removed = true;
  }
  auto next = cameras_.begin();
  for (const fleet::Camera& camera : nvr.cameras) {
    count(camera.status, one_more);
    const auto at = cameras_.try_emplace(next, camera.name);
    assign(at->second, camera, event.seq);
    next = std::next(at);
  }
  return {};
}

void NvrUpdate::assign(Slot& slot, const fleet::Camera& camera, fleet::Seq seq) {
  if ((slot.stored || slot.dirty) && !slot.removed) {
    CameraRecord now = slot.record;
    if (is_stale(now, *record_)) resolve_stale(now, *record_);
    if (now.status == camera.status && now.source == camera.source && now.since == camera.since &&
        now.ip_address == camera.ip_address) {
      return;
    }
  }
  slot.record = {camera.ip_address, camera.status, camera.source, camera.since, seq};
  slot.dirty = true;
  slot.removed = false;
}

Result<void> NvrUpdate::remove(ReadTxn& txn) {
  NVRHUB_TRY(load_all(txn));
  for (auto& [name, slot] : cameras_)
    slot.removed = true;
  record_.reset();
  return {};
}

void NvrUpdate::count(const fleet::Status& status, std::uint32_t delta) {
  if (status.is_online()) {
    record_->cameras_online += delta;
  } else if (!status.is_offline()) {
    record_->cameras_other += delta;
  }
}

void NvrUpdate::advance_version() {
  if (!record_) return;
  const bool cameras_changed = std::any_of(cameras_.begin(), cameras_.end(), [](const auto& camera) {
    return camera.second.dirty || camera.second.removed;
  });
  if (!cameras_changed && record_ == before_) return;
  if (++record_->version == 0) record_->version = 1;
}

Result<void> NvrUpdate::flush(WriteTxn& txn) const {
  for (const auto& [name, slot] : cameras_) {
    if (slot.removed) {
      if (slot.stored) NVRHUB_TRY(txn.erase(tables_.cameras, camera_key(id_, name)));
    } else if (slot.dirty) {
      NVRHUB_TRY(save(txn, tables_.cameras, camera_key(id_, name), slot.record));
    }
  }
  if (tables_.live) NVRHUB_TRY(flush_hostname(txn));
  if (record_ == before_) return {};
  if (record_) return save(txn, tables_.nvrs, nvr_key(id_), *record_);
  if (tables_.live) NVRHUB_TRY(txn.erase(Table::seen, nvr_key(id_)));
  return txn.erase(tables_.nvrs, nvr_key(id_));
}

Result<void> NvrUpdate::flush_hostname(WriteTxn& txn) const {
  if (before_ && record_ && before_->hostname == record_->hostname) return {};
  if (before_) NVRHUB_TRY(txn.erase(Table::hostnames, before_->hostname));
  if (record_) NVRHUB_TRY(save(txn, Table::hostnames, record_->hostname, HostnameRecord{id_}));
  return {};
}

} // namespace nvrhub::store
