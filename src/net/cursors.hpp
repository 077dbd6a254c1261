#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "store/store.hpp"

namespace nvrhub::net {

/// The snapshots behind lists that are being paged through, so that all pages are of one `seq` (protocol.md, "HTTP").
/// A snapshot pins the store's old pages, so each lives a minute at most and there are only a few. Any thread.
class Cursors {
public:
  using SnapshotPtr = std::shared_ptr<const store::Snapshot>;

  /// Keeps `snapshot`; returns the token to find it by. The oldest goes when there are too many.
  std::string keep(SnapshotPtr snapshot);
  /// Null: expired, or never was.
  SnapshotPtr find(const std::string& token);
  void clear();
  /// Held while a snapshot that may be a kept one is read: two requests may name the same cursor.
  std::mutex& reading() { return reading_; }

private:
  using Clock = std::chrono::steady_clock;
  struct Kept {
    SnapshotPtr snapshot;
    Clock::time_point since;
  };
  static constexpr std::size_t most = 32;
  static constexpr auto lifetime = std::chrono::seconds(60);

  void expire(Clock::time_point now);

  std::mutex reading_;
  std::mutex mutex_;
  std::map<std::string, Kept> kept_;
};

} // namespace nvrhub::net
