#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "actors/interfaces.hpp"

namespace nvrhub::net {

struct Services;

/// Pages that a dashboard takes one after the other, as fast as its socket does. Any thread.
class Pages : public actors::Prelude {
public:
  enum class State {
    ready,
    later, // `wake` will be called, once, on any thread
    end,
    failed, // they can't be made, or were taken away to save memory: the dashboard must come back
  };
  virtual State get(std::size_t index, actors::Chunk& page, std::function<void()> wake) = 0;
};

/// The pages of one snapshot, made once for all dashboards that asked at about the same time, and kept until the last
/// of them has read them. Bounded by the fleet's size; Dashboards bounds how many of them there are.
class SnapshotPages final : public Pages {
public:
  /// Adds what the pages hold to `sum`, for as long as they do.
  explicit SnapshotPages(std::shared_ptr<std::atomic<std::size_t>> sum) : sum_(std::move(sum)) {}
  ~SnapshotPages() override { *sum_ -= bytes_; }
  State get(std::size_t index, actors::Chunk& page, std::function<void()> wake) override;

  void add(actors::Chunk page);
  void finish();
  /// Frees the pages: who has not read them all will not.
  void fail();
  bool is_finished() const;
  std::size_t bytes() const;

private:
  void wake_all(std::unique_lock<std::mutex>& lock);

  const std::shared_ptr<std::atomic<std::size_t>> sum_;
  mutable std::mutex mutex_;
  std::vector<actors::Chunk> pages_;
  std::vector<std::function<void()>> waiting_;
  std::size_t bytes_ = 0;
  bool finished_ = false;
  bool failed_ = false;
};

/// Makes the pages of `work` on the thread that calls it; takes as long as the fleet is large.
void make_snapshot_pages(Services& services, const actors::PagesWork& work, SnapshotPages& pages);

/// The events that one dashboard missed. Each page is made when it is asked for, so that a slow reader costs one.
std::shared_ptr<Pages> make_catch_up_pages(Services& services, const actors::PagesWork& work, fleet::Seq since);

} // namespace nvrhub::net
