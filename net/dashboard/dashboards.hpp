#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "actors/messages.hpp"
#include "net/dashboard/pages.hpp"
#include "net/limits/memory_budget.hpp"
#include "net/reactor/io_pool.hpp"

namespace nvrhub::net {

class DashboardSession;
class WebSocketSession;

struct DashboardLimits {
  std::size_t max_outbound = 16 << 20;   // bytes of a stream that a dashboard may be behind
  std::size_t max_snapshots = 256 << 20; // bytes of snapshots that dashboards are reading
};

/// Distributes the fanout's streams to the dashboards. Each I/O thread keeps one queue of chunks for each stream that
/// some of its dashboards follow, and each follower has a position in it: all share the bytes, and a slow consumer is
/// closed.
class Dashboards final : public actors::Publisher, public SharedMemory {
public:
  Dashboards(IoPool& pool, PagesContext pages, DashboardLimits limits);

  // ---- the fanout's side: any thread ----
  actors::Chunk make_chunk(std::span<const std::string> messages) override;
  void publish(std::span<const actors::Publication> publications) override;
  actors::InitialPagesPtr make_snapshot(const actors::PageInput& input, std::function<void()> done) override;
  actors::InitialPagesPtr make_catch_up(const actors::PageInput& input, fleet::Seq since) override;
  void count(const actors::PageInput& input, std::function<void(std::optional<protocol::Summary>)> done) override;

  // ---- the dashboards' side: on the session's thread ----
  /// Follows the stream from its current end; returns that position.
  std::uint64_t follow(actors::StreamId stream, DashboardSession& session);
  void unfollow(actors::StreamId stream, DashboardSession& session);
  /// The chunk at `position` of a stream that is followed; null: not published yet.
  actors::Chunk at(const IoThread& thread, actors::StreamId stream, std::uint64_t position) const;

  /// Whether the session may send a page now. If not, on_page_turn() is called when it may.
  bool may_take_page(DashboardSession& session);
  /// Reports that the session has sent a page.
  void took_page(const IoThread& thread, std::size_t bytes) { local_of(thread).paged += bytes; }

  /// Dashboards that follow a stream, and the bytes of the chunks that some of them have not sent yet.
  std::size_t size() const;
  std::size_t waiting_bytes() const { return waiting_bytes_->load(); }
  /// These bytes and those of the snapshots that are being read.
  std::size_t shared_bytes() const override { return waiting_bytes() + snapshot_bytes_->load(); }
  /// Bytes of the stream that a session has not sent yet. On its thread.
  std::size_t behind(const DashboardSession& session, actors::StreamId stream) const;
  /// Frees the oldest finished snapshots until at most `max_bytes` of snapshots are left. Dashboards that are reading a
  /// freed one must subscribe again. Any thread.
  void free_shared(std::size_t max_bytes) override;

private:
  struct Stream {
    std::deque<actors::Chunk> chunks;
    std::uint64_t first = 0; // position of chunks.front()
    std::size_t bytes = 0;
    std::unordered_set<DashboardSession*> followers;
  };
  struct Local { // of one I/O thread
    explicit Local(IoThread* its) : thread(its) {}

    IoThread* thread;
    std::unordered_map<actors::StreamId, Stream> streams;
    std::atomic<std::size_t> followers{0};

    std::size_t paged = 0;                                 // bytes of pages sent in this turn of the thread
    bool paging = false;                                   // end_page_turn() is posted
    std::deque<std::weak_ptr<WebSocketSession>> for_pages; // the sessions that wait for a page, in order
  };

  Local& local_of(const IoThread& thread) const;
  void end_page_turn_soon(Local& local);
  void end_page_turn(Local& local);
  void deliver(Local& local, const actors::Publication& publication);
  static void trim(Stream& stream);
  bool is_too_slow(const Stream& stream, const DashboardSession& session) const;

  const PagesContext pages_;
  const DashboardLimits limits_;
  std::vector<std::unique_ptr<Local>> locals_;
  std::shared_ptr<std::atomic<std::size_t>> waiting_bytes_ = std::make_shared<std::atomic<std::size_t>>(0);
  std::shared_ptr<std::atomic<std::size_t>> snapshot_bytes_ = std::make_shared<std::atomic<std::size_t>>(0);
  std::mutex mutex_;                                    // of snapshots_
  std::vector<std::weak_ptr<SnapshotPages>> snapshots_; // oldest first
};

} // namespace nvrhub::net
