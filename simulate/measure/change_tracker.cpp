#include "simulate/measure/change_tracker.hpp"

#include <algorithm>

namespace nvrhub::simulate {

ChangeTracker::ChangeTracker(const FleetSpec& spec) : spec_(spec), nvrs_(spec.nvrs) {}

void ChangeTracker::sent(std::uint32_t index, std::uint64_t id, bool auth, TimePoint at) {
  const std::lock_guard lock(mutex_);
  if (!watching_) {
    ++result_.unmeasured;
    return;
  }
  nvrs_[index].open.push_back({.id = id, .sent = at, .auth = auth});
}

void ChangeTracker::acked(std::uint32_t index, std::uint64_t id, std::uint64_t seq, std::uint32_t cameras_updated) {
  const std::lock_guard lock(mutex_);
  Nvr& nvr = nvrs_[index];
  const auto change = std::find_if(nvr.open.begin(), nvr.open.end(), [id](const Change& c) { return c.id == id; });
  if (change == nvr.open.end()) return; // sent while the dashboard was disconnected
  if (cameras_updated == 0) return discard(nvr, id);
  change->acked = true;
  change->seq = seq;
  change->cameras = cameras_updated;
  ++result_.outstanding;
  resolve_shown(nvr);
}

void ChangeTracker::refused(std::uint32_t index, std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  discard(nvrs_[index], id);
}

void ChangeTracker::connection_lost(std::uint32_t index) {
  const std::lock_guard lock(mutex_);
  Nvr& nvr = nvrs_[index];
  std::erase_if(nvr.open, [](const Change& change) { return !change.acked; });
  if (nvr.open.empty()) nvr.updates.clear();
}

void ChangeTracker::discard(Nvr& nvr, std::uint64_t id) {
  std::erase_if(nvr.open, [id](const Change& change) { return change.id == id; });
  if (nvr.open.empty()) nvr.updates.clear();
}

void ChangeTracker::shown(std::string_view hostname, std::uint64_t seq, std::uint32_t cameras_updated,
                          std::string_view status, TimePoint at) {
  const auto index = spec_.index_of(hostname);
  const std::lock_guard lock(mutex_);
  ++result_.updates;
  if (!index) {
    ++result_.foreign;
    return;
  }
  if (status == "offline") return;
  Nvr& nvr = nvrs_[*index];
  if (!nvr.seen_online) {
    nvr.seen_online = true;
    ++result_.shown_online;
    result_.last_first_online = at;
  }
  if (nvr.open.empty() || cameras_updated == 0) return;
  nvr.updates.push_back({.seq = seq, .cameras = cameras_updated, .at = at});
  resolve_shown(nvr);
}

/// Completes every change that an update shows.
void ChangeTracker::resolve_shown(Nvr& nvr) {
  std::erase_if(nvr.open, [&](const Change& change) {
    if (!change.acked || !match(nvr, change)) return false;
    (change.auth ? result_.auth : result_.change).record(nvr.last.at - change.sent);
    nvr.last_acked = change.seq;
    --result_.outstanding;
    return true;
  });
  if (nvr.open.empty()) return nvr.updates.clear();
  const TimePoint oldest = nvr.open.front().sent;
  std::erase_if(nvr.updates, [oldest](const Update& update) { return update.at < oldest; });
}

/// Whether an update shows `change`; stores that update in `nvr.last`.
bool ChangeTracker::match(Nvr& nvr, const Change& change) {
  if (!change.auth && change.seq != 0 && change.seq == nvr.last_acked && nvr.last.at >= change.sent) return true;
  const auto found = std::find_if(nvr.updates.begin(), nvr.updates.end(), [&](const Update& update) {
    if (update.at < change.sent) return false;
    // seed.md's feed has no seq, and neither has the answer to an auth.
    if (change.auth || update.seq == 0 || change.seq == 0) return update.cameras == change.cameras;
    return update.seq > nvr.last.seq && update.seq <= change.seq;
  });
  if (found == nvr.updates.end()) return false;
  nvr.last = *found;
  nvr.updates.erase(found);
  return true;
}

void ChangeTracker::watching(bool connected) {
  const std::lock_guard lock(mutex_);
  if (watching_ && !connected) {
    result_.outstanding = 0;
    for (Nvr& nvr : nvrs_) {
      result_.unmeasured += nvr.open.size();
      nvr.open.clear();
      nvr.updates.clear();
      nvr.last = {}; // the server may have changed: a restored copy continues from lower numbers
      nvr.last_acked = 0;
    }
  }
  watching_ = connected;
}

ChangeTracker::Result ChangeTracker::result() const {
  const std::lock_guard lock(mutex_);
  Result result = result_;
  for (std::uint32_t index = 0; index < nvrs_.size() && result.outstanding > 0; ++index) {
    const auto& open = nvrs_[index].open;
    if (std::none_of(open.begin(), open.end(), [](const Change& change) { return change.acked; })) continue;
    result.first_outstanding = spec_.hostname(index);
    break;
  }
  return result;
}

std::uint64_t ChangeTracker::outstanding() const {
  const std::lock_guard lock(mutex_);
  return result_.outstanding;
}

} // namespace nvrhub::simulate
