#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "store/store.hpp"

namespace nvrhub::api {

/// The snapshots of lists that clients are paging through, so that all pages of a list show the same `seq`
/// (protocol.md, "HTTP"). A snapshot pins old pages of the store: each lives for at most a minute, and their number is
/// limited.
///
/// THREADS: any.
class Cursors {
public:
  struct Kept {
    explicit Kept(store::Snapshot its) : snapshot(std::move(its)) {}
    const store::Snapshot snapshot;
    std::mutex reading; // held while it is read: two requests may use the same cursor
  };
  using KeptPtr = std::shared_ptr<Kept>;
  static constexpr std::chrono::milliseconds default_lifetime{60'000};

  explicit Cursors(std::chrono::milliseconds lifetime = default_lifetime) : lifetime_(lifetime) {}

  /// Keeps `kept` and returns its token. Drops the oldest if there are too many.
  std::string keep(KeptPtr kept);
  /// Null: expired or unknown.
  KeptPtr find(const std::string& token);
  /// Drops what has expired; returns whether anything is left. A caller that gets true from begin_watch() must call it
  /// every lifetime() until it returns false, because no further list request may come.
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
  static constexpr std::size_t max_kept = 32;

  void expire(Clock::time_point now);

  const std::chrono::milliseconds lifetime_;
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
  bool watched_ = false;
};

} // namespace nvrhub::api
