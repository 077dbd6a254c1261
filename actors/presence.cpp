#include "actors/presence.hpp"

#include <utility>

namespace nvrhub::actors {

namespace {

/// The object in `slot`, created by the first caller.
template <class T>
T& get_or_make(std::atomic<T*>& slot) {
  T* existing = slot.load(std::memory_order_acquire);
  if (existing != nullptr) return *existing;
  auto made = std::make_unique<T>();
  if (slot.compare_exchange_strong(existing, made.get(), std::memory_order_acq_rel)) return *made.release();
  return *existing;
}

} // namespace

Presence::~Presence() {
  for (auto& level : levels_) {
    const std::unique_ptr<Level> owned(level.load());
    if (!owned) continue;
    for (auto& block : owned->blocks)
      delete block.load();
  }
}

Presence::Entry* Presence::find(fleet::NvrId id) const {
  const std::size_t block = id / block_size;
  const Level* level = levels_[block / 1024].load(std::memory_order_acquire);
  if (level == nullptr) return nullptr;
  Block* entries = level->blocks[block % 1024].load(std::memory_order_acquire);
  return entries == nullptr ? nullptr : &(*entries)[id % block_size];
}

Presence::Entry& Presence::at(fleet::NvrId id) {
  const std::size_t block = id / block_size;
  Level& level = get_or_make(levels_[block / 1024]);
  Block& entries = get_or_make(level.blocks[block % 1024]);
  fleet::NvrId highest = highest_.load(std::memory_order_relaxed);
  while (highest < id && !highest_.compare_exchange_weak(highest, id)) {
  }
  return entries[id % block_size];
}

void Presence::touch(fleet::NvrId id, fleet::WallMillis now) {
  std::atomic<fleet::WallMillis>& seen = at(id).seen;
  fleet::WallMillis before = seen.load(std::memory_order_relaxed);
  while (before < now && !seen.compare_exchange_weak(before, now, std::memory_order_relaxed)) {
  }
}

fleet::WallMillis Presence::last_seen(fleet::NvrId id) const {
  const Entry* entry = find(id);
  return entry == nullptr ? 0 : entry->seen.load(std::memory_order_relaxed);
}

void Presence::set_unconfirmed(fleet::NvrId id, bool unconfirmed) {
  if (at(id).unconfirmed.exchange(unconfirmed) == unconfirmed) return;
  if (unconfirmed) {
    ++unconfirmed_count_;
  } else {
    --unconfirmed_count_;
    const std::lock_guard lock(mutex_);
    for (auto& list : confirmed_)
      list.push_back(id);
  }
}

std::vector<fleet::NvrId> Presence::take_confirmed(Reader reader) {
  const std::lock_guard lock(mutex_);
  return std::exchange(confirmed_[static_cast<std::size_t>(reader)], {});
}

bool Presence::unconfirmed(fleet::NvrId id) const {
  const Entry* entry = find(id);
  return entry != nullptr && entry->unconfirmed.load(std::memory_order_relaxed);
}

Presence::Moved Presence::take_moved() {
  Moved moved;
  const fleet::NvrId highest = highest_.load();
  for (fleet::NvrId id = 1; id <= highest; ++id) {
    Entry* entry = find(id);
    if (entry == nullptr) continue;
    const fleet::WallMillis seen = entry->seen.load(std::memory_order_relaxed);
    if (seen != entry->taken) moved.emplace_back(id, entry->taken = seen);
  }
  return moved;
}

void Presence::note_written(fleet::NvrId id, fleet::WallMillis seen) {
  touch(id, seen);
  Entry& entry = at(id);
  if (entry.seen.load(std::memory_order_relaxed) == seen) entry.taken = seen;
}

void Presence::put_back(const Moved& moved) {
  for (const auto& [id, seen] : moved)
    at(id).taken = 0; // no NVR has this time: it is taken again
}

} // namespace nvrhub::actors
