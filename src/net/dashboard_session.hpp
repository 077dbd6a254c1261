#pragma once

#include "net/pages.hpp"
#include "net/peer.hpp"
#include "net/websocket_session.hpp"

namespace nvrhub::net {

/// One dashboard socket (protocol.md, "Dashboard socket"): follows the seed's feed, or what it subscribes to. Its
/// socket is given a little at a time; the rest waits where all dashboards share it.
class DashboardSession final : public WebSocketSession {
public:
  DashboardSession(Stream&& stream, const Peer& peer, IoThread& thread, Services& services);
  ~DashboardSession() override;

  /// Gives the socket what comes next, as far as it takes it soon. Never unfollows.
  void pump();
  /// It waited for leave to take a page, and has it.
  void on_page_turn() {
    waits_for_turn_ = false;
    on_flushed();
  }
  /// In the stream that it follows.
  std::uint64_t position() const { return position_; }
  /// When its socket last had room for more.
  MonoTime progress() const { return progress_; }
  /// What it was reading can't be had any more.
  bool is_lost() const { return lost_; }
  std::size_t cost() const override;
  /// It is too far behind.
  void cut_off();

private:
  class Outlet;

  void on_open() override;
  void on_closing() override { unfollow(); }
  void on_message(std::string_view text) override;
  void on_binary() override;
  void on_end(End end) override;
  void on_time(MonoTime now) override;
  void on_flushed() override;
  /// Chunks of a stream are shared; pages may be, too, but not those of what it missed.
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

  std::shared_ptr<Outlet> outlet_;
  bool counted_ = false; // in Services::dashboard_sockets, from the upgrade on: others ask for a place meanwhile
  bool follows_ = false;
  actors::StreamId stream_ = actors::seed_feed;
  std::uint64_t position_ = 0;
  MonoTime progress_{};

  std::uint64_t subscription_ = 0; // how many there have been

  // Before the stream: pages, then what was told while they were made.
  std::shared_ptr<Pages> pages_;
  std::size_t page_ = 0;
  bool waits_for_page_ = false; // it is being made
  bool waits_for_turn_ = false; // others are given theirs
  std::size_t asked_bytes_ = 0; // of what it subscribed to, as the fanout keeps it
  bool lost_ = false;           // the pages can't be had: to be cut off
  std::vector<actors::Chunk> backlog_;
  std::size_t next_backlog_ = 0;

  bool reading_ = false;
  std::shared_ptr<WebSocketSession> busy_; // itself, while it is not read: from a subscribe to joined()
  int bad_messages_ = 0;
};

} // namespace nvrhub::net
