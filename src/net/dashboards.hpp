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

#include "actors/interfaces.hpp"
#include "net/io_pool.hpp"
#include "net/pages.hpp"

namespace nvrhub::net {

class DashboardSession;
class WebSocketSession;
struct Services;

/// Brings the fanout's streams to the dashboards. Each I/O thread keeps, for each stream that some of its dashboards
/// follow, one row of chunks, with a position in it for each follower: bytes are shared by all, and a dashboard that is
/// too far behind is cut off.
class Dashboards final : public actors::FeedSink {
public:
  Dashboards(IoPool& pool, Services& services);

  // ---- the fanout's side: any thread ----
  actors::Chunk make_chunk(std::span<const std::string> messages) override;
  void publish(std::span<const actors::Publication> publications) override;
  actors::PreludePtr make_snapshot(const actors::PagesWork& work, std::function<void()> done) override;
  actors::PreludePtr make_catch_up(const actors::PagesWork& work, fleet::Seq since) override;
  void count(const actors::PagesWork& work, std::function<void(std::optional<protocol::Summary>)> done) override;

  // ---- the dashboards' side: on the session's thread ----
  /// Follows the stream from here on; returns the position.
  std::uint64_t follow(actors::StreamId stream, DashboardSession& session);
  void unfollow(actors::StreamId stream, DashboardSession& session);
  /// The chunk at `position` of a stream that is followed; null: not there yet.
  actors::Chunk at(const IoThread& thread, actors::StreamId stream, std::uint64_t position) const;

  /// Whether the session may be given a page now. Else it waits for its turn: on_page_turn() will be called.
  bool may_take_page(DashboardSession& session);
  /// It was given one.
  void took_page(const IoThread& thread, std::size_t bytes) { local_of(thread).paged += bytes; }

  /// Dashboards that follow something, and the bytes that wait for the slowest of them.
  std::size_t size() const;
  std::size_t waiting_bytes() const { return waiting_bytes_->load(); }
  /// These, and the snapshots that are being read.
  std::size_t shared_bytes() const { return waiting_bytes() + snapshot_bytes_->load(); }
  /// Bytes of the stream that a session has not taken yet. On its thread.
  std::size_t behind(const DashboardSession& session, actors::StreamId stream) const;
  /// Takes the oldest snapshots away until no more than `most` bytes of them are left. Any thread.
  void free_snapshots(std::size_t most);

private:
  struct Stream {
    std::deque<actors::Chunk> chunks;
    std::uint64_t first = 0; // position of chunks.front()
    std::size_t bytes = 0;
    std::unordered_set<DashboardSession*> followers;
  };
  struct Local { // an I/O thread's
    explicit Local(IoThread* its) : thread(its) {}

    IoThread* thread;
    std::unordered_map<actors::StreamId, Stream> streams;
    std::atomic<std::size_t> followers{0};

    std::size_t paged = 0;                                 // bytes of pages given in this turn of the thread
    bool paging = false;                                   // its end is being waited for
    std::deque<std::weak_ptr<WebSocketSession>> for_pages; // who waits for a page, in order
  };

  Local& local_of(const IoThread& thread) const;
  void end_page_turn_soon(Local& local);
  void end_page_turn(Local& local);
  void deliver(Local& local, const actors::Publication& publication);
  static void trim(Stream& stream);
  bool is_too_slow(const Stream& stream, const DashboardSession& session) const;

  Services& services_;
  std::vector<std::unique_ptr<Local>> locals_;
  std::shared_ptr<std::atomic<std::size_t>> waiting_bytes_ = std::make_shared<std::atomic<std::size_t>>(0);
  std::shared_ptr<std::atomic<std::size_t>> snapshot_bytes_ = std::make_shared<std::atomic<std::size_t>>(0);
  std::mutex mutex_;                                    // of snapshots_
  std::vector<std::weak_ptr<SnapshotPages>> snapshots_; // oldest first
};

} // namespace nvrhub::net
