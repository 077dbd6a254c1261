#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <boost/asio/thread_pool.hpp>

#include "actors/messages.hpp"

namespace nvrhub::net {

/// The parts of the server that are needed to make pages.
struct PagesContext {
  boost::asio::thread_pool& pool; // makes the pages
  const store::Store& store;
  const actors::Presence& presence;
  const std::atomic<bool>& draining; // the server is stopping: no more pages are made
};

/// Pages that a dashboard reads one after another, as fast as its socket sends them. Any thread.
class Pages : public actors::InitialPages {
public:
  enum class State {
    ready,
    later, // `wake` will be called, once, on any thread
    end,
    failed, // they can't be made, or were freed to save memory: the dashboard must subscribe again
  };
  virtual State get(std::size_t index, actors::Chunk& page, std::function<void()> wake) = 0;
};

/// The pages of one snapshot, made once for all dashboards that subscribed at about the same time, and kept until the
/// last of them has read them. Their size is limited by the fleet; Dashboards limits the number of snapshots.
class SnapshotPages final : public Pages {
public:
  /// Counts the bytes of the pages in `sum` while they are kept.
  explicit SnapshotPages(std::shared_ptr<std::atomic<std::size_t>> sum) : sum_(std::move(sum)) {}
  ~SnapshotPages() override { *sum_ -= bytes_; }
  State get(std::size_t index, actors::Chunk& page, std::function<void()> wake) override;

  void add(actors::Chunk page);
  void finish();
  /// Frees the pages. Dashboards that have not read all of them get State::failed.
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

/// Makes the pages of `input` on the calling thread; the time grows with the fleet.
void make_snapshot_pages(const PagesContext& context, const actors::PageInput& input, SnapshotPages& pages);

/// The events that one dashboard missed. Each page is made when it is requested, so a slow dashboard keeps only one in
/// memory.
std::shared_ptr<Pages> make_catch_up_pages(const PagesContext& context, const actors::PageInput& input,
                                           fleet::Seq since);

} // namespace nvrhub::net
