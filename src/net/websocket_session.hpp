#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "net/gather_stream.hpp"
#include "net/io_pool.hpp"
#include "net/memory.hpp"
#include "net/peer.hpp"
#include "net/services.hpp"
#include "protocol/codes.hpp"

namespace nvrhub::net {

/// What NVR and dashboard sockets share: the handshake, reading text messages up to a size, writing in order, pings,
/// and an end that comes whatever the peer does. Everything happens on the connection's I/O thread; the pending
/// reads, writes and deadlines keep the session alive.
class WebSocketSession : public std::enable_shared_from_this<WebSocketSession>,
                         public Deadline,
                         public Flushable,
                         public Holder {
public:
  WebSocketSession(Stream&& stream, IoThread& thread, Services& services);
  virtual ~WebSocketSession();

  void start(HttpRequest request);
  IoThread& thread() const { return thread_; }

  /// Queues one text frame (outbound.hpp: text_frame).
  void send(const Frame& frame);
  /// Sends what is queued, then the close frame; the socket goes when the peer answers, or soon.
  void close(protocol::CloseCode code);
  bool is_closing() const { return closing_; }
  /// Closes the session if what it was admitted with no longer holds.
  void recheck();
  /// The server stops: read nothing more and say nothing of the end. Answers that are due still go out.
  void quiesce() {
    quiet_ = true;
    quiesced_ = shared_from_this(); // no read keeps it alive any more
  }
  /// Closes the socket at once. Also the end of every session: nothing holds it afterwards.
  void drop();

  std::size_t cost() const override { return held_.get(); }
  void relieve() override { cut_off(); }

protected:
  /// How the socket came to its end.
  enum class End { closed, error };

  virtual void on_open() = 0;
  /// close() was called, by whomever.
  virtual void on_closing() {}
  /// A whole text message; it stays valid until read_next(), which the session calls when it wants another.
  virtual void on_message(std::string_view text) = 0;
  virtual void on_binary() = 0;
  /// Called once, when nothing more will be read.
  virtual void on_end(End end) = 0;
  /// The session's own deadline passed; on_life() has the time of the last sign of life.
  virtual void on_time(MonoTime now) = 0;

  /// The socket was given what was queued, and took some of it or all.
  virtual void on_flushed() {}

  /// As send(), whatever waits already: the caller bounds it. May be several frames.
  void push(const Frame& frames);
  /// What waits for the socket to take it.
  std::size_t waiting_bytes() { return ws_.next_layer().out().bytes(); }
  /// Closes a socket that does not read.
  void cut_off();
  /// Of what waits, what nobody else holds, too.
  virtual std::size_t own_waiting() { return waiting_bytes(); }
  void read_next();
  void refuse(protocol::ErrorCode code, std::string_view message, const std::optional<std::string>& id = std::nullopt,
              std::optional<int> retry_after_s = std::nullopt);
  /// Pings a peer that was silent for half of the heartbeat timeout, and asks for the next look. False: for all of it.
  bool probe(MonoTime now);
  bool has_unread();
  void set_deadline(MonoTime at) { thread_.deadlines().set(*this, std::min(at, no_later_)); }
  /// From now on no deadline lies behind `at`.
  void limit_deadlines(MonoTime at) { no_later_ = at; }
  MonoTime last_life() const { return last_life_; }
  void alive() { last_life_ = std::chrono::steady_clock::now(); }
  bool is_quiet() const { return quiet_; }
  bool has_ended() const { return ended_; }

  Services& services_;
  access::GrantPtr grant_; // null: not admitted (yet)

private:
  void ping();
  void on_deadline(MonoTime now) final;
  void on_read(const boost::system::error_code& error);
  void flush_soon();
  void flush() final;
  /// Tells the level of all sockets (Counters::outbound_bytes) what waits here.
  void count_waiting(std::size_t bytes);
  /// Tells the budget what waits and what has come of a message.
  void hold();
  void end(End how);

  IoThread& thread_;
  HttpRequest request_;
  boost::beast::websocket::stream<GatherStream, false> ws_;
  boost::beast::flat_buffer buffer_;
  MonoTime last_life_;
  MonoTime no_later_ = MonoTime::max();
  std::size_t counted_waiting_ = 0;
  Held held_{services_.memory.held};
  bool flush_asked_ = false;
  bool pinging_ = false;
  bool closing_ = false; // close() was called: nothing more is read as a message
  bool ended_ = false;   // on_end was called
  bool quiet_ = false;
  std::shared_ptr<WebSocketSession> quiesced_; // itself, from quiesce() to drop()
};

} // namespace nvrhub::net
