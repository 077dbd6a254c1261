#include "net/dashboard_session.hpp"

#include <utility>

#include <caf/send.hpp>

#include "net/dashboards.hpp"
#include "protocol/encode.hpp"
#include "protocol/limits.hpp"

namespace nvrhub::net {

using protocol::CloseCode;
using protocol::ErrorCode;

namespace {

constexpr std::size_t asked_copies = 3;    // the message, the view, its place among the views
constexpr std::size_t enough = 256 * 1024; // bytes that one socket has waiting, of the many that it may have to take

void leave(Services& services, actors::StreamId stream) {
  if (stream != actors::seed_feed && services.fanout) caf::anon_send(services.fanout, actors::Leave{stream});
}

} // namespace

/// What the fanout holds of a session. Everything goes through the thread's own queue, in order with what is published.
class DashboardSession::Outlet final : public actors::DashboardOutlet, public std::enable_shared_from_this<Outlet> {
public:
  Outlet(DashboardSession& session)
      : thread_(session.thread()), services_(session.services_), session_(session.weak_from_this()) {}

  void joined(const actors::Joined& joined) override {
    to_session([joined](DashboardSession& session) { session.joined(joined); },
               [joined](Services& services) { leave(services, joined.stream); });
  }
  /// `subscription`: the one that was waiting for it.
  void page_made(std::uint64_t subscription) {
    to_session(
        [subscription](DashboardSession& session) {
          if (session.subscription_ != subscription) return;
          session.waits_for_page_ = false;
          session.on_flushed();
        },
        [](Services&) {});
  }

private:
  template <class There, class Gone>
  void to_session(There there, Gone gone) {
    thread_.post([self = shared_from_this(), there, gone] {
      const auto session = self->session_.lock();
      session ? there(static_cast<DashboardSession&>(*session)) : gone(self->services_);
    });
  }

  IoThread& thread_;
  Services& services_;
  const std::weak_ptr<WebSocketSession> session_;
};

DashboardSession::DashboardSession(Stream&& stream, const Peer& peer, IoThread& thread, Services& services)
    : WebSocketSession(std::move(stream), thread, services) {
  grant_ = services.guard.admit(peer.token);
  counted_ = may_enter();
  if (counted_) ++services_.dashboard_sockets;
}

DashboardSession::~DashboardSession() {
  if (counted_) --services_.dashboard_sockets;
  unfollow();
}

void DashboardSession::on_open() {
  outlet_ = std::make_shared<Outlet>(*this);
  set_deadline(last_life() + services_.options.heartbeat_timeout / 2);
  if (is_admitted()) {
    if (grant_->sees_all()) {
      position_ = services_.dashboards.follow(stream_, *this);
      follows_ = true;
    } else {
      busy_ = shared_from_this();
      caf::anon_send(services_.fanout, actors::FollowSites{outlet_, *grant_->sites});
    }
  }
  resume_reading();
}

bool DashboardSession::may_enter() const {
  return grant_ && grant_->may(access::Role::dashboard) && services_.guard.holds(*grant_);
}

bool DashboardSession::is_admitted() {
  if (may_enter()) return true;
  WebSocketSession::refuse(ErrorCode::unauthorized,
                           grant_ ? "token: its role is " + std::string(to_string(grant_->role)) + ", not dashboard"
                                  : "token: none that is known here; put it into the URL as ?token=...");
  grant_.reset();
  close(CloseCode::unauthorized);
  return false;
}

void DashboardSession::unfollow() {
  if (!std::exchange(follows_, false)) return;
  services_.dashboards.unfollow(stream_, *this);
  if (stream_ != actors::seed_feed) services_.counters.mine().subscriptions.subtract();
  leave(services_, stream_);
  pages_.reset();
  backlog_.clear();
}

void DashboardSession::on_end(End) {
  unfollow();
  if (busy_) thread().post([held = std::exchange(busy_, nullptr)] {}); // whoever called this goes on using it
}

void DashboardSession::resume_reading() {
  if (reading_ || busy_ || is_quiet() || has_ended()) return;
  reading_ = true;
  read_next();
}

void DashboardSession::on_message(std::string_view text) {
  reading_ = false;
  if (!is_closing() && !is_quiet()) {
    if (auto message = protocol::decode_dashboard_message(text)) {
      asked_bytes_ = text.size() > 4096 ? asked_copies * text.size() : 0;
      subscribe(std::move(*message));
    } else {
      refuse(message.error());
    }
  }
  resume_reading();
}

void DashboardSession::on_binary() {
  reading_ = false;
  if (!is_closing() && !is_quiet()) {
    refuse({ErrorCode::bad_message, "binary frame: a message is one JSON object in a text frame", std::nullopt, true});
  }
  resume_reading();
}

void DashboardSession::refuse(const protocol::Refusal& refusal) {
  WebSocketSession::refuse(refusal.code, refusal.message, refusal.id);
  if (refusal.counts && ++bad_messages_ >= protocol::max_bad_messages) close(CloseCode::bad_messages);
}

void DashboardSession::subscribe(protocol::Subscribe&& subscribe) {
  busy_ = shared_from_this();
  if (!grant_->sees_all()) subscribe.filter.narrow_to(*grant_->sites);
  caf::anon_send(services_.fanout,
                 actors::Subscribe{outlet_, std::make_shared<const protocol::Subscribe>(std::move(subscribe))});
}

void DashboardSession::joined(const actors::Joined& joined) {
  const auto held = std::exchange(busy_, nullptr);
  alive();
  if (has_ended() || is_closing()) return leave(services_, joined.stream);
  unfollow();
  stream_ = joined.stream;
  position_ = services_.dashboards.follow(stream_, *this);
  follows_ = true;
  services_.counters.mine().subscriptions.add();
  if (joined.greeting) push(joined.greeting);
  pages_ = std::static_pointer_cast<Pages>(joined.prelude);
  ++subscription_;
  page_ = 0;
  waits_for_page_ = false;
  backlog_ = joined.backlog;
  next_backlog_ = 0;
  on_flushed();
  resume_reading();
}

void DashboardSession::on_flushed() {
  pump();
  if (lost_) cut_off();
}

void DashboardSession::pump() {
  while (follows_ && !lost_ && waiting_bytes() < enough) {
    if (pages_) {
      if (!push_page()) return;
    } else if (next_backlog_ < backlog_.size()) {
      give(backlog_[next_backlog_++]);
    } else if (const actors::Chunk chunk = services_.dashboards.at(thread(), stream_, position_)) {
      backlog_ = {};
      next_backlog_ = 0;
      ++position_;
      give(chunk);
    } else {
      return;
    }
  }
}

void DashboardSession::give(const actors::Chunk& chunk) {
  push(chunk);
  progress_ = std::chrono::steady_clock::now();
  Counters& counters = services_.counters.mine();
  counters.dashboard_chunks.add();
  counters.dashboard_bytes.add(chunk->size());
}

/// False: nothing more for now.
bool DashboardSession::push_page() {
  if (waits_for_page_ || waits_for_turn_) return false;
  waits_for_turn_ = !services_.dashboards.may_take_page(*this);
  if (waits_for_turn_) return false;
  actors::Chunk page;
  switch (
      pages_->get(page_, page, [outlet = outlet_, subscription = subscription_] { outlet->page_made(subscription); })) {
  case Pages::State::ready:
    ++page_;
    services_.dashboards.took_page(thread(), page->size());
    give(page);
    return true;
  case Pages::State::later:
    waits_for_page_ = true;
    return false;
  case Pages::State::end:
    pages_.reset();
    return true;
  case Pages::State::failed:
    lost_ = !services_.draining; // else it is about to be closed like all others
    return false;
  }
  return false;
}

std::size_t DashboardSession::cost() const {
  return WebSocketSession::cost() + (follows_ ? services_.dashboards.behind(*this, stream_) : 0);
}

void DashboardSession::cut_off() {
  lost_ = false;
  services_.counters.mine().dashboards_too_slow.add();
  services_.log(actors::Level::info, "dashboard_cut_off", "a dashboard read too slowly and was cut off (4429)");
  WebSocketSession::cut_off();
}

void DashboardSession::on_time(MonoTime now) {
  if (busy_) alive(); // it is us who do not read
  if (!probe(now)) close(CloseCode::silent);
}

} // namespace nvrhub::net
