#include "net/dashboard/dashboard_session.hpp"

#include <utility>

#include <caf/send.hpp>

#include "net/dashboard/dashboards.hpp"
#include "protocol/encode/encode.hpp"
#include "protocol/limits.hpp"

namespace nvrhub::net {

using protocol::CloseCode;
using protocol::ErrorCode;

namespace {

constexpr std::size_t asked_copies = 3;    // of a subscription: the message, the spec, its key among the groups
constexpr std::size_t enough = 256 * 1024; // bytes queued on one socket at a time

void leave(const DashboardContext& context, actors::StreamId stream) {
  if (stream != actors::legacy_feed && context.fanout) caf::anon_send(context.fanout, actors::Unfollow{stream});
}

} // namespace

/// The fanout's reference to a session. Calls go through the I/O thread's queue, in order with what is published.
class DashboardSession::Handle final : public actors::DashboardHandle, public std::enable_shared_from_this<Handle> {
public:
  Handle(DashboardSession& session)
      : thread_(session.thread()), context_(session.dashboard_), session_(session.weak_from_this()) {}

  void joined(const actors::Joined& joined) override {
    to_session([joined](DashboardSession& session) { session.joined(joined); },
               [joined](const DashboardContext& context) { leave(context, joined.stream); });
  }
  /// `subscription`: the one that waits for the page.
  void page_made(std::uint64_t subscription) {
    to_session(
        [subscription](DashboardSession& session) {
          if (session.subscription_ != subscription) return;
          session.waits_for_page_ = false;
          session.on_flushed();
        },
        [](const DashboardContext&) {});
  }

private:
  template <class There, class Gone>
  void to_session(There there, Gone gone) {
    thread_.post([self = shared_from_this(), there, gone] {
      const auto session = self->session_.lock();
      session ? there(static_cast<DashboardSession&>(*session)) : gone(self->context_);
    });
  }

  IoThread& thread_;
  const DashboardContext& context_;
  const std::weak_ptr<WebSocketSession> session_;
};

DashboardSession::DashboardSession(Stream&& stream, access::GrantPtr grant, IoThread& thread, DashboardContext& context)
    : WebSocketSession(std::move(stream), thread, context.websocket), dashboard_(context) {
  grant_ = std::move(grant);
  counted_ = may_enter();
  if (counted_) ++dashboard_.dashboard_sockets;
}

DashboardSession::~DashboardSession() {
  if (counted_) --dashboard_.dashboard_sockets;
  unfollow();
}

void DashboardSession::on_open() {
  handle_ = std::make_shared<Handle>(*this);
  set_deadline(last_life() + context_.timeouts.probe_interval());
  if (is_admitted()) {
    if (grant_->sees_all()) {
      position_ = dashboard_.dashboards.follow(stream_, *this);
      follows_ = true;
    } else {
      busy_ = shared_from_this();
      caf::anon_send(dashboard_.fanout, actors::FollowSites{handle_, *grant_->sites});
    }
  }
  resume_reading();
}

bool DashboardSession::may_enter() const {
  return grant_ && grant_->may(access::Permission::read) && context_.guard.holds(*grant_);
}

bool DashboardSession::is_admitted() {
  if (may_enter()) return true;
  WebSocketSession::refuse(ErrorCode::unauthorized,
                           grant_ ? "token: its role is " + std::string(to_string(grant_->role)) + ", not dashboard"
                                  : "token: missing or invalid; add it to the URL as ?token=...");
  grant_.reset();
  close(CloseCode::unauthorized);
  return false;
}

void DashboardSession::unfollow() {
  if (!std::exchange(follows_, false)) return;
  dashboard_.dashboards.unfollow(stream_, *this);
  if (stream_ != actors::legacy_feed) context_.counters.local().subscriptions.subtract();
  leave(dashboard_, stream_);
  pages_.reset();
  backlog_.clear();
}

void DashboardSession::on_end(End end) {
  unfollow();
  dashboard_.log(actors::Level::debug, "dashboard_closed", "dashboard socket closed",
                 {{"cause", end == End::closed ? "closed" : "error"}});
  if (busy_) thread().post([held = std::exchange(busy_, nullptr)] {}); // the caller still uses this session
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
    } else if (!close_if_not_utf8(text)) {
      refuse(message.error());
    }
  }
  resume_reading();
}

void DashboardSession::on_binary(std::string_view) {
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
  caf::anon_send(dashboard_.fanout,
                 actors::Subscribe{handle_, std::make_shared<const protocol::Subscribe>(std::move(subscribe))});
}

void DashboardSession::joined(const actors::Joined& joined) {
  const auto held = std::exchange(busy_, nullptr);
  alive();
  if (has_ended() || is_closing()) return leave(dashboard_, joined.stream);
  unfollow();
  stream_ = joined.stream;
  position_ = dashboard_.dashboards.follow(stream_, *this);
  follows_ = true;
  context_.counters.local().subscriptions.add();
  if (joined.subscribed) push(joined.subscribed);
  pages_ = std::static_pointer_cast<Pages>(joined.initial_pages);
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
  if (lost_) close_slow_consumer();
}

void DashboardSession::pump() {
  while (follows_ && !lost_ && waiting_bytes() < enough) {
    if (pages_) {
      if (!push_page()) return;
    } else if (next_backlog_ < backlog_.size()) {
      give(backlog_[next_backlog_++]);
    } else if (const actors::Chunk chunk = dashboard_.dashboards.at(thread(), stream_, position_)) {
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
  metrics::NetCounters& counters = context_.counters.local();
  counters.dashboard_chunks.add();
  counters.dashboard_bytes.add(chunk->size());
}

/// False: no page can be sent now.
bool DashboardSession::push_page() {
  if (waits_for_page_ || waits_for_turn_) return false;
  waits_for_turn_ = !dashboard_.dashboards.may_take_page(*this);
  if (waits_for_turn_) return false;
  actors::Chunk page;
  switch (
      pages_->get(page_, page, [handle = handle_, subscription = subscription_] { handle->page_made(subscription); })) {
  case Pages::State::ready:
    ++page_;
    dashboard_.dashboards.took_page(thread(), page->size());
    give(page);
    return true;
  case Pages::State::later:
    waits_for_page_ = true;
    return false;
  case Pages::State::end:
    pages_.reset();
    return true;
  case Pages::State::failed:
    lost_ = !dashboard_.draining; // a stopping server closes all sockets
    return false;
  }
  return false;
}

std::size_t DashboardSession::cost() const {
  return WebSocketSession::cost() + (follows_ ? dashboard_.dashboards.behind(*this, stream_) : 0);
}

void DashboardSession::close_slow_consumer() {
  lost_ = false;
  context_.counters.local().dashboards_too_slow.add();
  dashboard_.log(actors::Level::info, "dashboard_cut_off", "dashboard closed (4429): it reads too slowly");
  WebSocketSession::close_slow_consumer();
}

void DashboardSession::on_time(MonoTime now) {
  if (busy_) alive(); // the server is not reading from it
  if (!probe(now)) close(CloseCode::silent);
}

} // namespace nvrhub::net
