#include "fleet/reconcile.hpp"

#include <algorithm>
#include <utility>

#include "fleet/names.hpp"

namespace nvrhub::fleet {

namespace {

constexpr std::uint32_t max_skipped = 100; // in a reply; a report can have 40,000

void set(Camera& camera, const Status& status, Source source, WallMillis at, std::vector<StatusChange>& changed) {
  changed.push_back({camera.name, camera.status, camera.source, camera.since});
  camera.status = status;
  camera.source = source;
  camera.since = at;
}

/// Whether an entry may create its camera.
bool may_create(const ReportedCamera& entry) {
  return entry.has_status && is_addressable_name(entry.name);
}

/// An entry of a camera that the NVR does not have.
void take_unknown(const ReportedCamera& entry, Reconciled& result) {
  if (!entry.has_status) return; // the report names it as skipped
  if (is_addressable_name(entry.name) || result.skipped.size() >= max_skipped) {
    ++result.unknown;
  } else {
    result.skipped.push_back(
        {entry.index, std::string(entry.name), "name is wrong: expected " + std::string(an_addressable_name)});
  }
}

/// First pass: creates cameras, so the indices of the second pass stay valid.
void enroll(Nvr& nvr, const Report& report, std::size_t max_cameras, Reconciled& result) {
  std::size_t hint = 0;
  std::uint32_t over = 0;
  for (const ReportedCamera& entry : report.cameras) {
    if (const Camera* known = nvr.find(entry.name, hint)) {
      hint = static_cast<std::size_t>(known - nvr.cameras.data()) + 1;
    } else if (!may_create(entry)) {
      continue;
    } else if (nvr.cameras.size() >= max_cameras) {
      if (++over > max_skipped) continue;
      result.skipped.push_back({entry.index, std::string(entry.name),
                                "the NVR already has " + std::to_string(max_cameras) + " cameras, the most allowed"});
    } else {
      if (nvr.cameras.empty()) nvr.cameras.reserve(std::min(report.cameras.size(), max_cameras));
      const Camera& added = nvr.add(entry.name, entry.ip_address.value_or(""), hint);
      hint = static_cast<std::size_t>(&added - nvr.cameras.data()) + 1;
      result.identity_changed = true;
    }
  }
  if (over > max_skipped) result.skipped.back().reason += "; so are " + std::to_string(over - max_skipped) + " more";
}

} // namespace

Reconciled reconcile(Nvr& nvr, const Report& report, WallMillis at, const ReconcileRules& rules) {
  Reconciled result;
  if (rules.enroll) enroll(nvr, report, rules.max_cameras, result);

  // The last entry of each camera: duplicates are neither applied nor counted.
  thread_local std::vector<const ReportedCamera*> last;
  last.assign(nvr.cameras.size(), nullptr);
  std::size_t hint = 0;
  for (const ReportedCamera& entry : report.cameras) {
    const Camera* camera = nvr.find(entry.name, hint);
    if (camera == nullptr) {
      take_unknown(entry, result);
      continue;
    }
    const auto index = static_cast<std::size_t>(camera - nvr.cameras.data());
    last[index] = &entry;
    hint = index + 1;
  }
  if (result.identity_changed) result.changed.reserve(last.size()); // new cameras: all change
  for (std::size_t i = 0; i < last.size(); ++i) {
    Camera& camera = nvr.cameras[i];
    if (last[i] == nullptr) {
      if (rules.new_period && !camera.status.is_offline()) {
        set(camera, Status::offline(), Source::nvr_unreachable, at, result.changed);
      }
      continue;
    }
    if (camera.status != last[i]->status) set(camera, last[i]->status, Source::reported, at, result.changed);
    if (last[i]->ip_address && camera.ip_address != *last[i]->ip_address) {
      camera.ip_address = *last[i]->ip_address;
      result.identity_changed = true;
    }
  }
  return result;
}

std::vector<StatusChange> assume_online(Nvr& nvr, WallMillis at) {
  std::vector<StatusChange> changed;
  for (Camera& camera : nvr.cameras) {
    if (camera.status.is_offline()) set(camera, Status::online(), Source::assumed, at, changed);
  }
  return changed;
}

void undo(Nvr& nvr, const std::vector<StatusChange>& changed) {
  std::size_t hint = 0;
  for (const StatusChange& change : changed) {
    Camera& camera = *nvr.find(change.name, hint);
    hint = static_cast<std::size_t>(&camera - nvr.cameras.data()) + 1;
    camera.status = change.before;
    camera.source = change.source_before;
    camera.since = change.since_before;
  }
}

} // namespace nvrhub::fleet
