#include "actors/waiting_room.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "fleet/names.hpp"

namespace nvrhub::actors {

namespace {

constexpr std::size_t overhead = 256; // of an entry: its list node, map node and strings, roughly

std::size_t bytes_of(const fleet::WaitingNvr& nvr) {
  std::size_t bytes = overhead + nvr.hostname.size() + nvr.address.size();
  for (const std::string& name : nvr.cameras)
    bytes += sizeof(std::string) + name.size();
  return bytes;
}

/// The names with which the cameras of a report can be registered.
void take_names(fleet::WaitingNvr& nvr, const fleet::Report& report, std::size_t max_cameras, std::size_t max_bytes) {
  nvr.cameras.clear();
  nvr.cameras_left_out = 0;
  std::unordered_set<std::string_view> seen;
  std::size_t bytes = 0;
  for (const fleet::ReportedCamera& camera : report.cameras) {
    if (!fleet::is_addressable_name(camera.name) || !seen.insert(camera.name).second) continue;
    bytes += sizeof(std::string) + camera.name.size();
    if (nvr.cameras.size() < max_cameras && bytes <= max_bytes) {
      nvr.cameras.emplace_back(camera.name);
    } else {
      ++nvr.cameras_left_out;
    }
  }
}

} // namespace

void WaitingRoom::add(const std::string& hostname, const std::string& address, const fleet::Report* report,
                      std::size_t max_cameras, fleet::WallMillis at) {
  fleet::WaitingNvr next{hostname, address, at, at, 1, {}, 0, false};
  if (report != nullptr) take_names(next, *report, max_cameras, limits_.bytes_of_one); // outside the lock
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = by_hostname_.find(hostname); known != by_hostname_.end()) {
      const fleet::WaitingNvr& before = **known->second;
      next.first_try = before.first_try;
      next.last_try = std::max(before.last_try, at);
      next.tries = before.tries + 1;
      next.ignored = before.ignored;
      if (report == nullptr) {
        next.cameras = before.cameras;
        next.cameras_left_out = before.cameras_left_out;
      }
      erase(known->second);
    }
    bytes_ += bytes_of(next);
    if (!next.ignored) ++shown_;
    entries_.push_back(std::make_shared<const fleet::WaitingNvr>(std::move(next)));
    by_hostname_.emplace(entries_.back()->hostname, std::prev(entries_.end()));
    ++size_;
    while (entries_.size() > limits_.nvrs || (bytes_ > limits_.bytes && entries_.size() > 1))
      erase(entries_.begin());
  }
  // It may have been registered since the refusal. Whoever registers inserts into the index before remove(), so one of
  // the two sees the other.
  if (registered_.contains(hostname)) remove(hostname);
}

void WaitingRoom::remove(const std::string& hostname) {
  if (size_ == 0) return; // an enrolling server never waits for the lock
  const std::lock_guard lock(mutex_);
  if (const auto known = by_hostname_.find(hostname); known != by_hostname_.end()) erase(known->second);
}

bool WaitingRoom::ignore(const std::string& hostname) {
  const std::lock_guard lock(mutex_);
  const auto known = by_hostname_.find(hostname);
  if (known == by_hostname_.end()) return false;
  Entries::iterator entry = known->second;
  if ((*entry)->ignored) return true;
  auto ignored = std::make_shared<fleet::WaitingNvr>(**entry);
  ignored->ignored = true;
  by_hostname_.erase(known); // its key is in the entry that is replaced
  *entry = std::move(ignored);
  by_hostname_.emplace((*entry)->hostname, entry);
  --shown_;
  return true;
}

std::vector<WaitingNvrPtr> WaitingRoom::list(bool with_ignored) const {
  std::vector<WaitingNvrPtr> nvrs;
  const std::lock_guard lock(mutex_);
  nvrs.reserve(entries_.size());
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (with_ignored || !(*entry)->ignored) nvrs.push_back(*entry);
  }
  return nvrs;
}

void WaitingRoom::erase(Entries::iterator entry) {
  bytes_ -= bytes_of(**entry);
  if (!(*entry)->ignored) --shown_;
  by_hostname_.erase((*entry)->hostname);
  entries_.erase(entry);
  --size_;
}

} // namespace nvrhub::actors
