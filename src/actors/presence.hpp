#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "fleet/nvr.hpp"

namespace nvrhub::actors {

/// What is true of an NVR now but not worth a commit each: `last_seen` and `unconfirmed`. One writer per NVR (its
/// actor), read from any thread without a lock. Grows by blocks with the highest nvr_id and never shrinks.
class Presence {
public:
  Presence() = default;
  ~Presence();
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

  /// Moves last_seen to `at`; never backwards.
  void touch(fleet::NvrId id, fleet::WallMillis at);
  fleet::WallMillis last_seen(fleet::NvrId id) const;

  /// Online when the server last stopped, and not back yet (protocol.md, "Restart").
  void set_unconfirmed(fleet::NvrId id, bool unconfirmed);
  bool unconfirmed(fleet::NvrId id) const;
  std::uint64_t unconfirmed_count() const { return unconfirmed_count_.load(std::memory_order_relaxed); }

  /// The NVRs that stopped being unconfirmed since the last call. One caller at a time.
  std::vector<fleet::NvrId> take_confirmed();

  /// The NVRs whose last_seen moved since the last call. One caller at a time.
  using Moved = std::vector<std::pair<fleet::NvrId, fleet::WallMillis>>;
  Moved take_moved();
  /// What was taken could not be written: it is told of again. By the same caller.
  void put_back(const Moved& moved);

private:
  struct Entry {
    std::atomic<fleet::WallMillis> seen{0};
    std::atomic<bool> unconfirmed{false};
    fleet::WallMillis taken = 0; // take_moved's own
  };
  static constexpr std::size_t block_size = 4096;
  using Block = std::array<Entry, block_size>;
  static constexpr std::size_t max_blocks = (std::size_t{1} << 32) / block_size;

  Entry* find(fleet::NvrId id) const;
  Entry& at(fleet::NvrId id);

  // A directory of blocks, two levels deep so that an empty one costs 8 KiB.
  struct Level {
    std::array<std::atomic<Block*>, 1024> blocks{};
  };
  std::array<std::atomic<Level*>, max_blocks / 1024> levels_{};
  std::atomic<std::uint64_t> unconfirmed_count_{0};
  std::atomic<fleet::NvrId> highest_{0};
  std::mutex mutex_; // of confirmed_, which only a server restart fills
  std::vector<fleet::NvrId> confirmed_;
};

} // namespace nvrhub::actors
