#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/limits/memory_budget.hpp"
#include "net/reactor/io_pool.hpp"
#include "net/transport/wire.hpp"
#include "net/websocket/frames.hpp"
#include "net/websocket/sender.hpp"
#include "net/websocket/websocket_context.hpp"
#include "protocol/codes.hpp"

namespace nvrhub::net {

/// What NVR and dashboard sockets share: reading text messages up to a size, writing in order, pings, and an end that
/// comes whatever the peer does (docs/internals/decisions/0018). Everything happens on the connection's I/O thread;
/// pending reads and writes keep the session alive.
class WebSocketSession : public std::enable_shared_from_this<WebSocketSession>,
                         public TimerTarget,
                         public Flushable,
                         public Watched,
                         public MemoryConsumer {
public:
  WebSocketSession(Stream&& stream, IoThread& thread, WebSocketContext& context);
  virtual ~WebSocketSession();

  /// `greeting`: what makes the connection a WebSocket; `rest`: what came behind the request.
  void start(std::string greeting, std::string rest);
  IoThread& thread() const { return thread_; }

  /// Queues one text frame (outbound.hpp: text_frame).
  void send(const Frame& frame);
  /// Sends what is queued, then the close frame; the socket goes when the peer answers, or soon.
  void close(protocol::CloseCode code);
  bool is_closing() const { return closing_; }
  /// Closes the session if what it was admitted with no longer holds.
  void revalidate_grant();
  /// The server stops: read nothing more and say nothing of the end. Answers that are due still go out.
  void quiesce() {
    quiet_ = true;
    quiesced_ = shared_from_this(); // no read keeps it alive any more
  }
  /// Closes the socket at once. Also the end of every session: nothing holds it afterwards.
  void drop();

  /// POST /api/v1/admin/drain: an NVR session closes at `at`; other sessions stay.
  virtual void leave_at(MonoTime) {}

  std::size_t cost() const override { return reservation_.get(); }
  void shed() override { close_slow_consumer(); }

protected:
  /// How the socket came to its end.
  enum class End { closed, error };

  virtual void on_open() = 0;
  /// close() was called, by whomever.
  virtual void on_closing() {}
  /// A whole text message, valid during the call. Its UTF-8 has not been validated: the JSON decoders do that, and the
  /// session calls close_if_not_utf8() for what they refuse. read_next() requests another message.
  virtual void on_message(std::string_view text) = 0;
  /// Called before on_message(). True: the message repeats an earlier one and is handled.
  virtual bool try_repeat_fast_path(std::string_view) { return false; }
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
  std::size_t waiting_bytes() const { return sender_.out().bytes(); }
  /// Closes a socket that does not read.
  void close_slow_consumer();
  /// Of what waits, what nobody else holds, too.
  virtual std::size_t own_waiting() { return waiting_bytes(); }
  void read_next();
  void stop_reading() { wanted_ = false; }
  void refuse(protocol::ErrorCode code, std::string_view message, const std::optional<std::string>& id = std::nullopt,
              std::optional<int> retry_after_s = std::nullopt);
  /// Closes the session (1007) if `text` is not UTF-8; returns whether it was closed.
  bool close_if_not_utf8(std::string_view text);
  /// Pings a peer that was silent for half of the heartbeat timeout, and sets the next deadline. False: it did not
  /// answer for the other half.
  bool probe(MonoTime now);
  bool has_unread();
  void set_deadline(MonoTime at) { thread_.timers().set(*this, std::min(at, no_later_)); }
  /// From now on no deadline lies behind `at`.
  void limit_deadlines(MonoTime at) { no_later_ = at; }
  MonoTime last_life() const { return last_life_; }
  void alive() { last_life_ = std::chrono::steady_clock::now(); }
  bool is_quiet() const { return quiet_; }
  bool has_ended() const { return ended_; }

  WebSocketContext& context_;
  access::GrantPtr grant_; // null: not admitted (yet)

private:
  void ping();
  void on_timer(MonoTime now) final;
  void on_ready(Ready ready) final;
  void on_readable();
  void unwatch();
  void read_tls();
  void on_bytes(const boost::system::error_code& error, std::span<char> bytes);
  void read_soon();
  /// Looks at bytes that came, as far as the session wants messages; says how many are left.
  std::size_t take(std::span<char> bytes);
  void take_kept();
  void go_on();
  void on_frame(const FrameReader::Found& found);
  void on_text(std::string_view text);
  void answer_ping();
  /// The peer breaks the protocol, or ends: says so, and waits a little for its end.
  void finish(std::uint16_t code, End how);
  bool wants_bytes() const { return !ended_ && (wanted_ || closing_); }
  void flush_soon();
  void flush() final;
  /// Tells the level of all sockets (Counters::outbound_bytes) what waits here.
  void count_waiting(std::size_t bytes);
  /// Tells the budget what waits and what has come of a message.
  void hold();
  /// Tells on_end(), once.
  void end(End how);
  /// There is no connection any more.
  void gone(End how);

  IoThread& thread_;
  Wire wire_;
  Sender sender_;
  FrameReader reader_;
  std::string kept_;        // bytes that came while no message was wanted
  std::size_t kept_at_ = 0; // so many of them are taken
  MonoTime last_life_;
  MonoTime pinged_; // the last probe; before last_life_: none is pending
  MonoTime no_later_ = MonoTime::max();
  std::size_t counted_waiting_ = 0;
  MemoryReservation reservation_{context_.memory.held};
  std::unique_ptr<char[]> tls_buffer_; // under TLS alone
  std::optional<std::string> ping_;    // to be answered
  unsigned pongs_waiting_ = 0;         // since the socket last took all
  bool wanted_ = false;                // a message is
  bool waits_ = false;                 // for the socket to be readable, or for its turn
  bool readable_ = false;              // a plain socket: there may be more to read
  bool hung_up_ = false;               // likewise: behind what it has comes the end
  bool taking_ = false;                // take() is at work
  bool flush_asked_ = false;
  bool closing_ = false;   // close() was called: nothing more is read as a message
  bool finishing_ = false; // both sides have said their last word: only the end of the connection is missing
  bool ended_ = false;     // on_end was called
  bool quiet_ = false;
  std::shared_ptr<WebSocketSession> waiting_;  // itself, while it waits for a plain socket
  std::shared_ptr<WebSocketSession> quiesced_; // itself, from quiesce() to drop()
};

} // namespace nvrhub::net
