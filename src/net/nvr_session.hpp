#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/handshakes.hpp"
#include "net/peer.hpp"
#include "net/rates.hpp"
#include "net/websocket_session.hpp"
#include "protocol/decode.hpp"
#include "protocol/repeat.hpp"

namespace nvrhub::net {

/// One NVR socket (protocol.md, "NVR socket"): decodes what it says, hands auth to the registry and reports to its NVR
/// actor, one at a time; nothing is read while the actor has one.
class NvrSession final : public WebSocketSession, public Newcomer {
public:
  NvrSession(Stream&& stream, Peer&& peer, IoThread& thread, Services& services);
  ~NvrSession() override;

  /// Sends the NVR away at `at` (1001), without a word of its being offline.
  void leave_at(MonoTime at);
  void evict() override;

private:
  class Outlet;
  enum class State { anonymous, authenticating, attached, gone };

  void on_open() override;
  void on_message(std::string_view text) override;
  bool take_known(std::string_view text) override;
  void on_binary() override;
  void on_closing() override {
    tell_closed(fleet::Cause::kicked);
    busy_.reset(); // a refused auth gets no other answer; the closing handshake holds on to us now
  }
  void on_end(End end) override;
  void on_time(MonoTime now) override;

  void handle(protocol::NvrMessage& message);
  /// What auth and connection give a grant for; else why they don't.
  tl::expected<access::GrantPtr, std::string> admit(const protocol::Auth& auth) const;
  void authenticate(protocol::Auth& auth, const std::optional<protocol::Id>& id);
  void report(protocol::ReportPtr report, const std::optional<protocol::Id>& id, std::string repeated = {});
  /// Counts towards 4400 where `refusal` says so.
  void refuse(const protocol::Refusal& refusal);
  /// To the NVR's actor, once.
  void tell_closed(fleet::Cause cause);
  void attached(const actors::Attached& session);
  void report_taken(fleet::NvrId settled, unsigned forgotten);
  void resume_reading();
  bool is_too_fast();
  void look_at_clock(std::optional<fleet::WallMillis> timestamp);
  void leave(MonoTime now);

  State state_ = State::anonymous;
  std::unique_ptr<Peer> peer_; // until it is admitted
  std::string hostname_;
  actors::Attached session_; // once attached
  std::shared_ptr<Outlet> outlet_;
  int bad_messages_ = 0;
  std::optional<protocol::Repeat> repeat_; // of the last report
  fleet::NvrId settled_ = 0;               // the NVR's number, if repeats of it change nothing
  unsigned forgotten_ = 0;                 // outlet_->forgotten() when that was true
  std::optional<MonoTime> leave_at_;       // while it is being drained
  Allowance messages_;                     // used of --message-rate
  bool reading_ = false;                   // a read is under way
  // Ourselves, while the registry or the actor has a message of ours: nothing is read then that would keep us alive.
  std::shared_ptr<WebSocketSession> busy_;
};

} // namespace nvrhub::net
