#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "store/store.hpp"

namespace nvrhub::net {

/// The snapshots behind lists that are being paged through, so that all pages are of one `seq` (protocol.md, "HTTP").
/// A snapshot pins the store's old pages, so each lives a minute at most and there are only a few. Any thread.
class Cursors {
public:
  struct Kept {
    explicit Kept(store::Snapshot its) : snapshot(std::move(its)) {}
    const store::Snapshot snapshot;
    std::mutex reading; // held while it is read: two requests may name the same cursor
  };
  using KeptPtr = std::shared_ptr<Kept>;
  static constexpr std::chrono::milliseconds default_lifetime{60'000};

  explicit Cursors(std::chrono::milliseconds lifetime = default_lifetime) : lifetime_(lifetime) {}

  /// Keeps `kept`; returns the token to find it by. The oldest goes when there are too many.
  std::string keep(KeptPtr kept);
  /// Null: expired, or never was.
  KeptPtr find(const std::string& token);
  /// Lets go of what has lived long enough. Somebody must call it, for nobody may ask for a list again: whoever gets
  /// true from begin_watch() has to, every lifetime, until it says that nothing is left.
  bool expire();
  bool begin_watch();
  std::chrono::milliseconds lifetime() const { return lifetime_; }
  void clear();

private:
  using Clock = std::chrono::steady_clock;
  struct Entry {
    KeptPtr kept;
    Clock::time_point since;
  };
  static constexpr std::size_t most = 32;

  void expire(Clock::time_point now);

  const std::chrono::milliseconds lifetime_;
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
  bool watched_ = false;
};

} // namespace nvrhub::net
