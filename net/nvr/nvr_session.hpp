#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/http/client_identity.hpp"
#include "net/limits/pending_connections.hpp"
#include "net/limits/token_bucket.hpp"
#include "net/nvr/nvr_context.hpp"
#include "net/websocket/session.hpp"
#include "protocol/decode/decode.hpp"
#include "protocol/decode/heartbeat_fingerprint.hpp"

namespace nvrhub::net {

/// The session of one NVR socket (protocol.md, "NVR socket"): decodes its messages, sends its auth to the registry and
/// its reports to the NVR actor. One report is in flight at most: nothing is read until the actor answers.
/// THREADS: its I/O thread.
class NvrSession final : public WebSocketSession, public PendingConnection {
public:
  NvrSession(Stream&& stream, ClientIdentity&& peer, IoThread& thread, NvrContext& context);
  ~NvrSession() override;

  /// Closes the session at `at` (1001), without reporting the NVR offline.
  void leave_at(MonoTime at) override;
  void evict() override;

private:
  class Handle;
  enum class State { anonymous, authenticating, session_started, gone };

  void on_open() override;
  void on_message(std::string_view text) override;
  bool try_repeat_fast_path(std::string_view text) override;
  void on_binary(std::string_view bytes) override;
  void on_closing() override {
    notify_closed(fleet::Cause::kicked);
    busy_.reset(); // a refused auth gets no other answer; the closing handshake keeps the session alive now
  }
  void on_end(End end) override;
  void on_time(MonoTime now) override;

  void handle(protocol::NvrMessage& message);
  /// The grant of the auth or its connection, or the reason for a refusal.
  tl::expected<access::GrantPtr, std::string> admit(const protocol::Auth& auth) const;
  void authenticate(protocol::Auth& auth, const std::optional<protocol::Id>& id);
  void report(protocol::ReportPtr report, const std::optional<protocol::Id>& id, bool is_repeat = false);
  /// Counts towards 4400 if `refusal.counts`.
  void refuse(const protocol::Refusal& refusal);
  /// Sends SessionClosed to the NVR's actor, once.
  void notify_closed(fleet::Cause cause);
  void session_started(const actors::SessionStarted& session);
  void wait_for_registration(const std::string& hostname, const protocol::ReportPtr& report, fleet::WallMillis at);
  void report_done(fleet::NvrId repeatable_id, unsigned invalidations);
  void decode_repeat();
  void resume_reading();
  bool is_too_fast();
  /// The server did not run for a while, and that was at most `time` ago.
  bool has_resumed_within(std::chrono::milliseconds time);
  void measure_clock_skew(fleet::WallMillis timestamp, fleet::WallMillis now);
  void leave(MonoTime now);

  NvrContext& nvr_;
  State state_ = State::anonymous;
  std::unique_ptr<ClientIdentity> client_; // until the session has started
  std::string hostname_;
  actors::SessionStarted session_; // once started
  std::shared_ptr<Handle> handle_;
  int bad_messages_ = 0;
  std::optional<protocol::HeartbeatFingerprint> fingerprint_; // of the last report
  fleet::NvrId repeatable_id_ = 0;   // the NVR's number, if repeats of fingerprint_ change nothing
  unsigned invalidations_ = 0;       // handle_->invalidations() when repeatable_id_ was set
  std::optional<MonoTime> leave_at_; // while the server is being drained
  TokenBucket messages_;             // of --message-rate
  std::string repeat_;               // the frame of the repeat that the actor has, for decode_repeat()
  bool reading_ = false;             // a read is under way
  // This session, while the registry or the actor has a message of it: no pending read keeps it alive then.
  std::shared_ptr<WebSocketSession> busy_;
};

} // namespace nvrhub::net
