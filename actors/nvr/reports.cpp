// What a session reports, and how it changes the cameras. protocol.md, "Reconcile".
#include <algorithm>
#include <iterator>
#include <utility>

#include "actors/nvr/state.hpp"
#include "fleet/reconcile.hpp"
#include "protocol/encode/encode.hpp"

namespace nvrhub::actors {

namespace {

void count_report(metrics::ActorCounters& counters, bool has_status, const fleet::Reconciled& result,
                  std::size_t skipped) {
  if (!has_status) {
    counters.reports_bare.add();
  } else {
    (result.changed.empty() ? counters.reports_unchanged : counters.reports_changed).add();
    if (result.unknown > 0) counters.unknown_cameras.add(result.unknown);
    if (skipped > 0) counters.skipped_entries.add(skipped);
  }
  if (!result.changed.empty()) counters.camera_changes.add(result.changed.size());
}

} // namespace

void NvrState::on(const Report& message) {
  if (busy()) return stash(message);
  if (message.session != session_ || !handle_) { // replaced: its reports are fenced
    shared_->counters.local().reports_replaced.add();
    return;
  }
  if (message.is_repeat && !is_repeatable_) return handle_->decode_repeat(); // changed since the session matched it
  forget_if_large(message.report);
  draft([this, message, handle = handle_] { return take_heartbeat(message, handle); });
  handle_->report_done(is_repeatable_ ? nvr_->id : 0);
  end_turn();
}

bool NvrState::take_heartbeat(const Report& message, const SessionHandlePtr& handle) {
  if (is_history(message.session)) return false;                   // its socket has been closed
  if (redrafting_ && !exists_ && !shared_->settings.enroll_auto) { // removed meanwhile
    if (message.id) {
      handle->send(protocol::encode_error(protocol::ErrorCode::unknown_hostname,
                                          "no NVR is registered as \"" + hostname_ + "\"", message.id, std::nullopt));
    }
    return false;
  }
  std::vector<fleet::SkippedEntry> skipped;
  std::uint32_t updated = 0;
  if (!message.is_repeat) {
    updated = take_report(message.report, false, skipped);
  } else if (!redrafting_) {
    shared_->counters.local().reports_unchanged.add();
  }
  if (message.id) {
    when_durable(
        [handle, id = message.id, updated, skipped = std::move(skipped)](const store::Result<fleet::Seq>& head) {
          handle->send(head ? protocol::encode(protocol::Ack{*id, *head, updated, skipped})
                            : protocol::encode_error(protocol::ErrorCode::rate_limited, head.error().message, id,
                                                     retry_after_s(head.error().code, false)));
        });
  }
  return true;
}

std::uint32_t NvrState::take_report(const protocol::ReportPtr& report, bool is_auth,
                                    std::vector<fleet::SkippedEntry>& skipped) {
  const fleet::WallMillis at = shared_->now();
  const bool created = !exists_;
  if (created) enroll_new();
  fleet::Nvr& nvr = nvr_.unpack();
  const bool was_online = std::exchange(nvr.online, true);

  fleet::Reconciled result;
  if (report) {
    skipped = report->skipped;
    result =
        fleet::reconcile(nvr, *report, at, {shared_->settings.enroll_auto, shared_->settings.max_cameras, !was_online});
    skipped.insert(skipped.end(), std::make_move_iterator(result.skipped.begin()),
                   std::make_move_iterator(result.skipped.end()));
    is_repeatable_ = result.unknown == 0 && skipped.empty();
  } else if (is_auth) {
    result.changed = fleet::assume_online(nvr, at);
  }
  if (!redrafting_) {
    count_report(shared_->counters.local(), report != nullptr, result, skipped.size());
    seen(at);
  }

  if (created || result.identity_changed) { // published first, as it was before the statuses changed
    fleet::Nvr before = nvr;
    before.online = was_online;
    fleet::undo(before, result.changed);
    pending_.registered(before, at);
  }
  if (!was_online || (is_auth && !result.changed.empty())) {
    pending_.nvr_online(nvr, result.changed, at);
  } else {
    pending_.cameras(nvr, result.changed, at);
  }
  return static_cast<std::uint32_t>(result.changed.size());
}

/// A report is kept until it is durable, to be drafted again: one of 1,024 cameras can be.
void NvrState::forget_if_large(const protocol::ReportPtr& report) {
  constexpr std::size_t max_bytes = std::size_t{256} << 10;
  if (!report) return;
  if (report->cameras.size() * sizeof(fleet::ReportedCamera) + report->text.size() > max_bytes) drafts().forget();
}

void NvrState::invalidate_report() {
  is_repeatable_ = false;
  if (handle_) handle_->invalidate_repeat_cache();
}

void NvrState::seen(fleet::WallMillis at) {
  seen_ = std::max(seen_, at); // the clock may have been set back
  if (nvr_->id == 0) return;   // the commit assigns its number
  shared_->presence.touch(nvr_->id, at);
  shared_->presence.set_unconfirmed(nvr_->id, false);
}

} // namespace nvrhub::actors
