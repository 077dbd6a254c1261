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

/// A WebSocket session, the base of NVR and dashboard sessions (docs/internals/decisions/0018): reads text messages up
/// to a maximum size, writes frames in order, sends and answers pings, and ends even if the peer does not cooperate.
///
/// THREADS: only the connection's I/O thread.
/// OWNERSHIP: pending reads and writes keep the session alive, and quiesce() does until drop(). Registries and timers
/// refer to it without owning it. `thread` and `context` must outlive it.
class WebSocketSession : public std::enable_shared_from_this<WebSocketSession>,
                         public TimerTarget,
                         public Flushable,
                         public Watched,
                         public MemoryConsumer {
public:
  WebSocketSession(Stream&& stream, IoThread& thread, WebSocketContext& context);
  virtual ~WebSocketSession();

  /// `greeting`: the response that upgrades the connection; `rest`: bytes that followed the request.
  void start(std::string greeting, std::string rest);
  IoThread& thread() const { return thread_; }

  /// Queues one text frame (send_queue.hpp: text_frame). A peer that is more than --max-outbound behind is closed.
  void send(const Frame& frame);
  /// Sends what is queued, then the close frame; the socket is closed when the peer answers, or within
  /// seconds.
  void close(protocol::CloseCode code);
  bool is_closing() const { return closing_; }
  /// Closes the session if its grant is no longer valid.
  void revalidate_grant();
  /// Stops reading for shutdown; pending replies are still sent, and the end of the socket is not reported.
  void quiesce() {
    quiet_ = true;
    quiesced_ = shared_from_this(); // no pending read keeps it alive
  }
  /// Closes the socket at once and releases the session's references to itself. Every session ends with this call.
  void drop();

  /// POST /api/v1/admin/drain: an NVR session closes at `at`; other sessions stay.
  virtual void leave_at(MonoTime) {}

  std::size_t cost() const override { return reservation_.get(); }
  void shed() override { close_slow_consumer(); }

protected:
  /// How the socket ended.
  enum class End { closed, error };

  virtual void on_open() = 0;
  /// close() was called.
  virtual void on_closing() {}
  /// A whole text message, valid during the call. Its UTF-8 has not been validated: the JSON decoders do that, and the
  /// session calls close_if_not_utf8() for texts that they reject. read_next() requests another message.
  virtual void on_message(std::string_view text) = 0;
  /// Called before on_message(). True: the message repeats an earlier one and is handled.
  virtual bool try_repeat_fast_path(std::string_view) { return false; }
  /// A whole binary message, valid during the call.
  virtual void on_binary(std::string_view bytes) = 0;
  /// Called once, when no more messages will be read.
  virtual void on_end(End end) = 0;
  /// The session's deadline passed; last_life() returns the time of the last sign of life.
  virtual void on_time(MonoTime now) = 0;

  /// Called after each attempt to send the queued frames; waiting_bytes() are left.
  virtual void on_flushed() {}

  /// As send(), but without its limit: the caller limits the queued bytes. May contain several frames.
  void push(const Frame& frames);
  /// Queued bytes that the socket has not accepted yet.
  std::size_t waiting_bytes() const { return sender_.out().bytes() + wire_.unsent_bytes(); }
  /// Closes a session whose peer reads too slowly.
  void close_slow_consumer();
  /// Bytes kept for this session and not shared with other sessions; they count in the memory budget.
  virtual std::size_t own_waiting() { return waiting_bytes(); }
  void read_next();
  void stop_reading() { wanted_ = false; }
  void refuse(protocol::ErrorCode code, std::string_view message, const std::optional<std::string>& id = std::nullopt,
              std::optional<int> retry_after_s = std::nullopt);
  /// Closes the session (1007) if `text` is not UTF-8; returns whether it was closed.
  bool close_if_not_utf8(std::string_view text);
  /// Pings a peer if no byte was received from it or sent to it for Timeouts::probe_interval(), and sets the next
  /// deadline. False: it was silent for the heartbeat timeout and did not answer a ping for half of it.
  bool probe(MonoTime now);
  bool has_unread();
  void set_deadline(MonoTime at) { thread_.timers().set(*this, std::min(at, no_later_)); }
  /// From now on no deadline is later than `at`.
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
  void on_bytes(const boost::system::error_code& error, std::span<char> bytes);
  void read_soon();
  /// Parses received bytes while the session wants them; returns how many are left.
  std::size_t take(std::span<char> bytes);
  void take_kept();
  void go_on();
  void on_frame(const FrameReader::Found& found);
  void on_text(std::string_view text);
  void answer_ping();
  /// The peer closed or violated the protocol: sends the close frame and waits a few seconds for the connection's end.
  void finish(std::uint16_t code, End how);
  bool wants_bytes() const { return !ended_ && (wanted_ || closing_); }
  void flush_soon();
  void flush() final;
  /// Updates NetCounters::outbound_bytes with the bytes queued here.
  void count_waiting(std::size_t bytes);
  /// Updates the memory reservation: own_waiting() and received bytes that are not handled yet.
  void hold();
  /// Calls on_end(), once.
  void end(End how);
  /// The connection has ended: calls on_end() and closes the socket.
  void gone(End how);

  IoThread& thread_;
  Wire wire_;
  Sender sender_;
  FrameReader reader_;
  std::string kept_;        // bytes received while no message was wanted
  std::size_t kept_at_ = 0; // bytes of kept_ that are parsed
  MonoTime last_life_;
  MonoTime last_sent_; // to the resolution of IoThread::tick_time()
  MonoTime pinged_{};  // last ping of probe(); before last_life_: none is pending
  MonoTime no_later_ = MonoTime::max();
  std::size_t counted_waiting_ = 0;
  MemoryReservation reservation_{context_.memory.held};
  std::optional<std::string> ping_; // payload of a ping to answer
  unsigned pongs_waiting_ = 0;      // pongs since the socket last accepted everything
  bool wanted_ = false;             // the session wants a message
  bool waits_ = false;              // a read is pending: for the socket to be readable, or for its turn
  bool readable_ = false;           // the socket may have unread bytes
  bool hung_up_ = false;            // the peer closed its side; unread bytes may be left
  bool taking_ = false;             // take() is running
  bool flush_asked_ = false;
  bool closing_ = false;   // close() was called: no more messages are handled
  bool finishing_ = false; // finish() was called: only the end of the connection is awaited
  bool ended_ = false;     // on_end was called
  bool quiet_ = false;
  std::shared_ptr<WebSocketSession> waiting_;  // itself, while it waits for the socket
  std::shared_ptr<WebSocketSession> quiesced_; // itself, from quiesce() to drop()
};

} // namespace nvrhub::net
