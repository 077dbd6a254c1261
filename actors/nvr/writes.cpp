// How an NVR actor's changes become durable; how the actor loads and leaves.
#include <algorithm>
#include <utility>

#include "actors/nvr/state.hpp"
#include "protocol/encode/encode.hpp"

namespace nvrhub::actors {

namespace {

bool changes_presence(const std::vector<fleet::Event>& events) {
  return std::any_of(events.begin(), events.end(),
                     [](const fleet::Event& event) { return event.kind != fleet::Kind::cameras; });
}

/// Whether the NVR has changed since the write was drafted: it was written or removed, or, if it was new, registered.
/// `session`: the actor's own; a write of an older one of its sessions can be drafted again, unless a session of
/// another server (`elsewhere`) came in between: what was reported before that is history.
bool is_outdated(const WriteJob& job, fleet::NvrId id, fleet::SessionNumber session, fleet::SessionNumber elsewhere) {
  const store::Errc code = job.outcome.error().code;
  if (code == store::Errc::fenced) return job.write.session < session && job.write.session > elsewhere;
  return code == store::Errc::stale || code == (id == 0 ? store::Errc::taken : store::Errc::not_found);
}

} // namespace

Drafts& NvrState::drafts() {
  if (!drafts_) drafts_ = std::make_unique<Drafts>();
  return *drafts_;
}

void NvrState::when_durable(Waiter waiter) {
  if (!pending_.empty()) {
    drafts().wait_for_pending(std::move(waiter));
  } else if (in_flight_) {
    drafts().wait_for_flight(std::move(waiter));
  } else if (shared_->may_serve && !shared_->may_serve()) {
    waiter(tl::make_unexpected(store::Error{store::Errc::io, "this server has no contact to its cluster now"}));
  } else {
    waiter(shared_->head.load());
  }
}

void NvrState::flush() {
  if (in_flight_) {
    if (urgent_ && !std::exchange(in_flight_urgent_, true)) send_urgent(CommitNow{});
    if (pending_.empty()) urgent_ = false; // else the next write is urgent too
    return;
  }
  const bool urgent = std::exchange(urgent_, false);
  if (pending_.empty()) { // merging left nothing to write
    for (const Waiter& waiter : drafts_ ? drafts_->dropped() : std::vector<Waiter>{})
      waiter(shared_->head.load());
    drafts_.reset();
    return;
  }
  auto job = std::make_shared<WriteJob>();
  job->hostname = hostname_;
  job->write.nvr_id = nvr_->id;
  job->write.drafted_on = nvr_->version;
  job->write.session = session_;
  job->write.events = pending_.take();
  if (changes_presence(job->write.events)) { // otherwise liveness records write last_seen
    job->write.last_seen = std::max(seen_, shared_->presence.last_seen(nvr_->id)); // repeats move only the latter
  }
  for (fleet::Event& event : job->write.events) { // created before the NVR had its number
    event.nvr_id = nvr_->id;
    if (event.nvr) event.nvr->id = nvr_->id;
  }
  job->urgent = urgent;
  job->removes_nvr = !job->write.events.empty() && job->write.events.back().kind == fleet::Kind::removed;
  drafts().sent();
  in_flight_ = true;
  in_flight_urgent_ = urgent;
  shared_->counters.local().store_queue.add();
  urgent ? send_urgent(std::move(job)) : self_->send(store_, std::move(job));
}

void NvrState::on(const Written& message) {
  in_flight_ = false;
  const WriteJob& job = *message.job;
  if (!job.outcome) {
    // A newer session of this actor fences it: however many there are, the last one gets its turn.
    const bool counts = job.outcome.error().code != store::Errc::fenced;
    is_outdated(job, nvr_->id, session_, elsewhere_) && drafts().retry(counts) ? draft_again()
                                                                               : fail(job.outcome.error());
    return;
  }
  nvr_.head().version = job.version;
  if (nvr_->id == 0) {
    nvr_.head().id = *job.outcome;
    shared_->hostnames.insert(hostname_);
    shared_->waiting.remove(hostname_);
    if (seen_ != 0) seen(seen_);
  }
  for (const Waiter& waiter : drafts().written())
    waiter(job.head);
  if (drafts_->empty()) drafts_.reset();
  // Only now: until its offline is durable, the NVR is shown as before.
  if (!nvr_->online || job.removes_nvr) shared_->presence.set_unconfirmed(nvr_->id, false);
  if (job.removes_nvr) {
    shared_->hostnames.erase(hostname_);
    nvr_ = fleet::Nvr{};
    seen_ = 0;
    removing_ = false;
  }
  unstash();
  end_turn();
}

/// The store refused the write, so `nvr_` is wrong: answers all waiters and reloads from the store. The next heartbeat
/// repeats the reports that are lost.
void NvrState::fail(const store::Error& error) {
  if (error.code == store::Errc::fenced && !claim_) lose_session(); // another server holds the NVR
  const store::Result<fleet::Seq> refused = tl::make_unexpected(error);
  for (const Waiter& waiter : drafts().refused())
    waiter(refused);
  drafts_.reset();
  pending_.take();
  invalidate_report();
  removing_ = false;
  if (nvr_->id != 0) return reload();
  // It was new and is not created; its session has just been refused.
  handle_.reset();
  exists_ = false;
  nvr_ = fleet::Nvr{};
  seen_ = 0;
  unstash();
  end_turn();
}

/// `nvr_` is outdated: loads it, then drafts what was in flight and pending on the new state.
void NvrState::draft_again() {
  pending_.take();
  invalidate_report();
  removing_ = false;
  reload();
}

void NvrState::redo_drafts() {
  redrafting_ = true;
  for (Drafts::Redo& redo : drafts_->take_again()) {
    if (redo() && !pending_.empty()) drafts().keep_again(std::move(redo));
  }
  redrafting_ = false;
  commit_at_once();
  flush();
}

void NvrState::reload() {
  loaded_ = false;
  load_failed_ = false;
  send_urgent(Load{hostname_});
}

void NvrState::on(const Loaded& message) {
  const store::Result<std::optional<fleet::Nvr>>& result = *message.result;
  if (!result) {
    load_failed_ = true;
    const store::Result<fleet::Seq> refused = tl::make_unexpected(result.error());
    for (const Waiter& waiter : drafts_ ? drafts_->refused() : std::vector<Waiter>{})
      waiter(refused);
    drafts_.reset();
    refuse_stashed(result.error());
    self_->send(registry_, Passivate{hostname_, received_, self_});
    return;
  }
  loaded_ = true;
  exists_ = result->has_value();
  nvr_ = exists_ ? **result : fleet::Nvr{};
  if (drafts_) redo_drafts();
  if (!exists_ && handle_) std::exchange(handle_, nullptr)->close(protocol::CloseCode::unknown_hostname); // removed
  end_claim();
  unstash();
  end_turn();
}

/// The NVR's record can't be read: refuses all messages that wait for it and changes nothing.
void NvrState::refuse_stashed(const store::Error& error) {
  invalidate_report();
  if (handle_) std::exchange(handle_, nullptr)->close(protocol::CloseCode::too_slow);
  grace_.reset();
  refuse_claim(error);
  for (const Stashed& stashed : std::exchange(stash_, {})) {
    const auto* attach = std::get_if<StartSession>(&stashed);
    const auto* operation = std::get_if<Operation>(&stashed);
    if (attach != nullptr || operation != nullptr || std::holds_alternative<RestartGraceExpired>(stashed)) ++received_;
    if (attach != nullptr) {
      shared_->counters.local().auths_rate_limited.add();
      attach->handle->send(protocol::encode_error(protocol::ErrorCode::rate_limited, error.message, attach->id, 60));
      attach->handle->close(protocol::CloseCode::too_slow);
    }
    if (operation != nullptr) refuse_operation(*operation, OperationError::unavailable);
  }
}

void NvrState::stash(Stashed message) {
  stash_.push_back(std::move(message));
  if (load_failed_) reload();
}

void NvrState::unstash() {
  while (!stash_.empty() && !busy()) {
    const Stashed next = std::move(stash_.front());
    stash_.erase(stash_.begin());
    std::visit([this](const auto& message) { on(message); }, next);
  }
  if (stash_.empty()) stash_.shrink_to_fit();
}

void NvrState::begin_new() {
  fleet::Nvr nvr;
  nvr.hostname = nvr.device_name = hostname_;
  nvr_ = std::move(nvr);
  exists_ = true;
}

bool NvrState::is_idle() const {
  return loaded_ && !claim_ && !handle_ && !grace_ && !in_flight_ && pending_.empty() && stash_.empty();
}

void NvrState::end_turn() {
  if (!loaded_) return; // the answer ends the turn; until then nothing can be written, and drafts wait
  flush();
  if (is_idle()) {
    self_->send(registry_, Passivate{hostname_, received_, self_});
  } else if (!in_flight_) {
    nvr_.pack();
  }
}

/// An actor that lost its name to a rename may have received a message just before: it asks again after answering it.
void NvrState::on(const PassivateGranted&) {
  if (is_idle() || load_failed_) self_->quit();
}

} // namespace nvrhub::actors
