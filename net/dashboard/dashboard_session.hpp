#pragma once

#include "net/dashboard/dashboard_context.hpp"
#include "net/dashboard/pages.hpp"
#include "net/websocket/session.hpp"

namespace nvrhub::net {

/// One dashboard socket (protocol.md, "Dashboard socket"): follows the legacy feed, or the stream that it subscribes
/// to. Only about 256 KiB at a time are queued on the socket; the rest waits in Dashboards, shared by all dashboards.
class DashboardSession final : public WebSocketSession {
public:
  DashboardSession(Stream&& stream, access::GrantPtr grant, IoThread& thread, DashboardContext& context);
  ~DashboardSession() override;

  /// Queues the next pages or chunks on the socket, up to a limit. Never unfollows.
  void pump();
  /// The session waited to send a page and may do so now (Dashboards::may_take_page).
  void on_page_turn() {
    waits_for_turn_ = false;
    on_flushed();
  }
  /// Its position in the stream that it follows.
  std::uint64_t position() const { return position_; }
  /// When a chunk was last queued on the socket.
  MonoTime progress() const { return progress_; }
  /// The pages that it was reading were freed: it must be closed.
  bool is_lost() const { return lost_; }
  std::size_t cost() const override;
  /// Closes it with 4429.
  void close_slow_consumer();

private:
  class Handle;

  void on_open() override;
  void on_closing() override { unfollow(); }
  void on_message(std::string_view text) override;
  void on_binary(std::string_view bytes) override;
  void on_end(End end) override;
  void on_time(MonoTime now) override;
  void on_flushed() override;
  /// Chunks of a stream are shared by all dashboards, pages only by some.
  std::size_t own_waiting() override { return (pages_ ? waiting_bytes() : 0) + asked_bytes_; }

  void resume_reading();
  void refuse(const protocol::Refusal& refusal);
  bool may_enter() const;
  bool is_admitted();
  void subscribe(protocol::Subscribe&& subscribe);
  void joined(const actors::Joined& joined);
  void unfollow();
  void give(const actors::Chunk& chunk);
  bool push_page();

  DashboardContext& dashboard_;
  std::shared_ptr<Handle> handle_;
  bool counted_ = false; // in DashboardContext::dashboard_sockets, from the upgrade on
  bool follows_ = false;
  actors::StreamId stream_ = actors::legacy_feed;
  std::uint64_t position_ = 0;
  MonoTime progress_{};

  std::uint64_t subscription_ = 0; // number of the current one

  // Sent before the stream: pages, then what was published while they were made.
  std::shared_ptr<Pages> pages_;
  std::size_t page_ = 0;
  bool waits_for_page_ = false; // it is being made
  bool waits_for_turn_ = false; // for its turn to send a page
  std::size_t asked_bytes_ = 0; // of its subscription, as the fanout keeps it
  bool lost_ = false;           // the pages failed: the session must be closed
  std::vector<actors::Chunk> backlog_;
  std::size_t next_backlog_ = 0;

  bool reading_ = false;
  std::shared_ptr<WebSocketSession> busy_; // itself, while it is not read: from a subscribe to joined()
  int bad_messages_ = 0;
};

} // namespace nvrhub::net
