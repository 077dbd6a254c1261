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

/// The state of NVRs that changes too often for a commit per change: `last_seen` and `unconfirmed`. The store writes
/// `last_seen` with its liveness records (protocol.md, "Restart"; docs/internals/decisions/0005).
///
/// THREADS: any, without a lock, except where stated. Grows by blocks with the highest nvr_id and never shrinks.
class Presence {
public:
  Presence() = default;
  ~Presence();
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

  /// Moves last_seen to `at`, never backwards: the only way to change it, and the result does not depend on the order
  /// of calls. The NVR's actor calls it for what it receives, its session for repeats that the actor does not receive
  /// (docs/internals/decisions/0019). Each reads `at` before it checks that it is current, so a session that was
  /// replaced can't exceed the start of its successor.
  void touch(fleet::NvrId id, fleet::WallMillis at);
  fleet::WallMillis last_seen(fleet::NvrId id) const;

  /// Online when the server last stopped, and not back yet (protocol.md, "Restart"). Set by start, by the NVR's
  /// actor and, in a cluster, by the store actor.
  void set_unconfirmed(fleet::NvrId id, bool unconfirmed);
  bool unconfirmed(fleet::NvrId id) const;
  std::uint64_t unconfirmed_count() const { return unconfirmed_count_.load(std::memory_order_relaxed); }

  /// The NVRs that stopped being unconfirmed since the last call of this reader. One caller at a time.
  enum class Reader : std::uint8_t { fanout, alerts };
  std::vector<fleet::NvrId> take_confirmed(Reader reader);

  /// The NVRs whose last_seen moved since the last call. One caller at a time.
  using Moved = std::vector<std::pair<fleet::NvrId, fleet::WallMillis>>;
  Moved take_moved();
  /// A last_seen that the store has, e.g. from another server: take_moved() does not return it. Same caller as
  /// take_moved().
  void note_written(fleet::NvrId id, fleet::WallMillis at);
  /// `moved` could not be written: take_moved() returns it again. Same caller as take_moved().
  void put_back(const Moved& moved);

private:
  struct Entry {
    std::atomic<fleet::WallMillis> seen{0};
    std::atomic<bool> unconfirmed{false};
    fleet::WallMillis taken = 0; // used only by the caller of take_moved()
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
  std::mutex mutex_;                                   // guards confirmed_, which the loss of a server fills
  std::array<std::vector<fleet::NvrId>, 2> confirmed_; // by Reader
};

} // namespace nvrhub::actors
