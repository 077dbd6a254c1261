// GET …/availability and /at: the past state of the fleet.
#include <algorithm>
#include <array>
#include <vector>

#include "api/handlers.hpp"
#include "api/query/history_target.hpp"
#include "api/query/nvr_list.hpp"
#include "api/query/time_range.hpp"
#include "protocol/encode/encode.hpp"

namespace nvrhub::api {

namespace {

constexpr fleet::WallMillis day = 24 * 3'600'000;

// ---- availability ----

fleet::Span availability_range(const Target& target, fleet::WallMillis now) {
  constexpr std::array<std::pair<std::string_view, fleet::WallMillis>, 3> windows{
      {{"24h", day}, {"7d", 7 * day}, {"30d", 30 * day}}};
  const std::string* text = param(target, "window");
  if (text == nullptr) return time_range(target, now, day);
  for (const std::string_view other : {"from", "to"}) {
    if (param(target, other) != nullptr) throw HttpError{bad_param(other, "omitted when window is given")};
  }
  for (const auto& [name, length] : windows) {
    if (*text == name) return {now - length, now};
  }
  throw HttpError{bad_param("window", "24h, 7d or 30d")};
}

std::string cause_of(const std::optional<fleet::Event>& offline) {
  return offline && offline->cause ? std::string(to_string(*offline->cause)) : "";
}

/// The state at event `seq`, where the range begins.
fleet::AvailabilityMeter::Beginning beginning_at(const SnapshotSlice& slice, const HistoryTarget& subject,
                                                 fleet::Seq seq) {
  const store::History history = slice.history();
  fleet::AvailabilityMeter::Beginning beginning{value_or_throw(history.nvr_at(subject.id, seq)), ""};
  if (!beginning.nvr) return beginning;
  if (!beginning.nvr->online) {
    const auto offline = value_or_throw(history.last_offline(subject.id, seq));
    const fleet::Seq before_log = value_or_throw(slice.snapshot().log_begin()) - 1;
    const bool is_new = !offline && !value_or_throw(history.nvr_at(subject.id, before_log));
    beginning.nvr_cause = is_new ? "never_online" : cause_of(offline);
  }
  const fleet::Camera* const camera = subject.camera ? beginning.nvr->find(*subject.camera) : nullptr;
  if (camera != nullptr && camera->source == fleet::Source::nvr_unreachable) {
    beginning.camera_cause =
        cause_of(value_or_throw(history.last_offline(subject.id, value_or_throw(history.seq_at(camera->since)))));
  }
  return beginning;
}

fleet::Availability measure(Context& context, const HistoryTarget& subject, const fleet::Span& range,
                            fleet::WallMillis now) {
  EventRange events{0, 0, subject.id};
  std::optional<fleet::AvailabilityMeter> meter;
  {
    const SnapshotSlice slice(context);
    const store::History history = slice.history();
    const fleet::WallMillis known_from = std::max(range.from, value_or_throw(history.begin()));
    std::vector<fleet::Span> observed = runs_until(history, known_from, now);
    if (!observed.empty()) observed.front().from = std::max(observed.front().from, known_from);
    events.since = value_or_throw(history.seq_at(known_from));
    events.upto = value_or_throw(history.seq_at(range.to - 1, events.since));
    meter.emplace(range, std::move(observed), subject.camera, beginning_at(slice, subject, events.since));
  }
  each_event(context, events, [&](fleet::Event&& event, const SnapshotSlice&) {
    meter->take(event);
    return true;
  });
  return std::move(*meter).finish();
}

Response availability(Context& context, const Request& request) {
  const fleet::WallMillis now = context.shared->now();
  const fleet::Span range = availability_range(request.target, now);
  const HistoryTarget subject = history_target(context, request);
  const fleet::Availability measured = measure(context, subject, range, now);
  if (!wants_csv(request.accept)) return {200, protocol::encode_availability(range, measured)};
  const std::string& hostname = request.path["hostname"];
  return csv_answer(protocol::availability_csv(hostname, subject.camera.value_or(""), range, measured), "availability");
}

// ---- the fleet at a point in time ----

fleet::WallMillis past_time(const Target& target, fleet::WallMillis now) {
  const auto time = time_param(target, "time");
  if (!time) throw HttpError{bad_param("time", "given: an ISO-8601 time such as 2024-01-15T10:30:00.000Z")};
  if (*time > now) throw HttpError{bad_param("time", "in the past; the server's time is " + protocol::iso8601(now))};
  return *time;
}

void require_history_of(const store::History& history, fleet::WallMillis time) {
  const fleet::WallMillis begin = value_or_throw(history.begin());
  if (time >= begin) return;
  throw HttpError{error_response(404, "before_history", "the history begins at " + protocol::iso8601(begin), "time")};
}

Response fleet_at(Context& context, const Request& request) {
  const fleet::WallMillis time = past_time(request.target, context.shared->now());
  const protocol::Detail detail = detail_param(request.target);
  const NvrFilter filter(request);
  NvrListResponse response(request, detail);
  const auto cursor = cursor_param(request.target);
  fleet::NvrId met = cursor ? id_of(*cursor) : 0;
  fleet::Seq seq = 0;
  std::string epoch;
  {
    const SnapshotSlice slice(context);
    require_history_of(slice.history(), time);
    seq = cursor ? number_of(*cursor) : value_or_throw(slice.history().seq_at(time));
    epoch = value_or_throw(slice.snapshot().epoch());
    if (seq > value_or_throw(slice.snapshot().head())) throw_bad_cursor();
  }
  fleet::NvrId last = met;
  bool is_full = false;
  for (bool more = true; more;) {
    more = false;
    const SnapshotSlice slice(context);
    value_or_throw(slice.history().each_nvr_at(met, seq, [&](fleet::Nvr&& nvr) {
      met = nvr.id;
      // last_seen only grows, so a value up to `time` was already the value at `time`; a later one hides the old value.
      const fleet::WallMillis seen = context.shared->presence.last_seen(nvr.id);
      nvr.last_seen = seen <= time ? seen : 0;
      if (filter.matches(nvr, false)) {
        if (response.is_full()) return !(is_full = true);
        last = nvr.id;
        response.add_nvr(nvr, false);
      }
      more = slice.is_over();
      return !more;
    }));
  }
  std::optional<std::string> next;
  if (is_full) next = Cursor{std::to_string(seq), last}.text();
  return response.answer_at(seq, epoch, "nvrs-at", next);
}

} // namespace

void get_availability(Context& context, Executor, Request request, Respond respond) {
  on_reader(context, std::move(request), std::move(respond), availability);
}

void get_at(Context& context, Executor, Request request, Respond respond) {
  on_reader(context, std::move(request), std::move(respond), fleet_at);
}

} // namespace nvrhub::api
