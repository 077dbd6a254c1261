// GET …/availability and /at: how the fleet was.
#include <algorithm>
#include <array>
#include <vector>

#include "net/nvr_list.hpp"
#include "net/past.hpp"
#include "net/subject.hpp"
#include "protocol/encode.hpp"

namespace nvrhub::net {

namespace {

constexpr fleet::WallMillis day = 24 * 3'600'000;

// ---- availability ----

fleet::Span availability_range(const Target& target, fleet::WallMillis now) {
  constexpr std::array<std::pair<std::string_view, fleet::WallMillis>, 3> windows{
      {{"24h", day}, {"7d", 7 * day}, {"30d", 30 * day}}};
  const std::string* text = param(target, "window");
  if (text == nullptr) return past_range(target, now, day);
  for (const std::string_view other : {"from", "to"}) {
    if (param(target, other) != nullptr) throw Stop{bad_param(other, "left out where there is a window")};
  }
  for (const auto& [name, length] : windows) {
    if (*text == name) return {now - length, now};
  }
  throw Stop{bad_param("window", "24h, 7d or 30d")};
}

std::string cause_of(const std::optional<fleet::Event>& offline) {
  return offline && offline->cause ? std::string(to_string(*offline->cause)) : "";
}

/// What holds at event `seq`, where the range begins.
fleet::AvailabilityMeter::Beginning beginning_at(const Turn& turn, const Subject& subject, fleet::Seq seq) {
  const store::History history = turn.history();
  fleet::AvailabilityMeter::Beginning beginning{or_stop(history.nvr_at(subject.id, seq)), ""};
  if (!beginning.nvr) return beginning;
  if (!beginning.nvr->online) {
    const auto offline = or_stop(history.last_offline(subject.id, seq));
    const fleet::Seq before_log = or_stop(turn.snapshot().log_begin()) - 1;
    const bool is_new = !offline && !or_stop(history.nvr_at(subject.id, before_log));
    beginning.nvr_cause = is_new ? "never_online" : cause_of(offline);
  }
  const fleet::Camera* const camera = subject.camera ? beginning.nvr->find(*subject.camera) : nullptr;
  if (camera != nullptr && camera->source == fleet::Source::nvr_unreachable) {
    beginning.camera_cause =
        cause_of(or_stop(history.last_offline(subject.id, or_stop(history.seq_at(camera->since)))));
  }
  return beginning;
}

fleet::Availability measure(Services& services, const Subject& subject, const fleet::Span& range,
                            fleet::WallMillis now) {
  EventRange events{0, 0, subject.id};
  std::optional<fleet::AvailabilityMeter> meter;
  {
    const Turn turn(services);
    const store::History history = turn.history();
    const fleet::WallMillis known_from = std::max(range.from, or_stop(history.begin()));
    std::vector<fleet::Span> observed = runs_until(history, known_from, now);
    if (!observed.empty()) observed.front().from = std::max(observed.front().from, known_from);
    events.since = or_stop(history.seq_at(known_from));
    events.upto = or_stop(history.seq_at(range.to - 1, events.since));
    meter.emplace(range, std::move(observed), subject.camera, beginning_at(turn, subject, events.since));
  }
  each_event(services, events, [&](fleet::Event&& event, const Turn&) {
    meter->take(event);
    return true;
  });
  return std::move(*meter).finish();
}

ApiResponse availability(Services& services, const ApiRequest& request) {
  const fleet::WallMillis now = services.shared->now();
  const fleet::Span range = availability_range(request.target, now);
  const Subject subject = subject_of(services, request);
  const fleet::Availability measured = measure(services, subject, range, now);
  if (!wants_csv(request.accept)) return {200, protocol::encode_availability(range, measured)};
  const std::string& hostname = request.target.segments[3];
  return csv_answer(protocol::availability_csv(hostname, subject.camera.value_or(""), range, measured), "availability");
}

// ---- the fleet at a time ----

fleet::WallMillis past_time(const Target& target, fleet::WallMillis now) {
  const auto time = time_param(target, "time");
  if (!time) throw Stop{bad_param("time", "given: an ISO-8601 time such as 2024-01-15T10:30:00.000Z")};
  if (*time > now) throw Stop{bad_param("time", "in the past: it is " + protocol::iso8601(now) + " here")};
  return *time;
}

void require_history_of(const store::History& history, fleet::WallMillis time) {
  const fleet::WallMillis begin = or_stop(history.begin());
  if (time >= begin) return;
  throw Stop{api_error(404, "before_history", "the kept history begins at " + protocol::iso8601(begin), "time")};
}

ApiResponse fleet_at(Services& services, const ApiRequest& request) {
  const fleet::WallMillis time = past_time(request.target, services.shared->now());
  const protocol::Detail detail = detail_param(request.target);
  const NvrFilter filter(request);
  NvrItems items(request, detail);
  const auto cursor = cursor_param(request.target);
  fleet::NvrId met = cursor ? id_of(*cursor) : 0;
  fleet::Seq seq = 0;
  std::string epoch;
  {
    const Turn turn(services);
    require_history_of(turn.history(), time);
    seq = cursor ? number_of(*cursor) : or_stop(turn.history().seq_at(time));
    epoch = or_stop(turn.snapshot().epoch());
    if (seq > or_stop(turn.snapshot().head())) stop_with_bad_cursor();
  }
  fleet::NvrId last = met;
  bool is_full = false;
  for (bool more = true; more;) {
    more = false;
    const Turn turn(services);
    or_stop(turn.history().each_nvr_at(met, seq, [&](fleet::Nvr&& nvr) {
      met = nvr.id;
      // last_seen only grows: what it is now it was then, unless it has moved since.
      const fleet::WallMillis seen = services.shared->presence.last_seen(nvr.id);
      nvr.last_seen = seen <= time ? seen : 0;
      if (filter.matches(nvr, false)) {
        if (items.is_full()) return !(is_full = true);
        last = nvr.id;
        items.add_nvr(nvr, false);
      }
      more = turn.is_over();
      return !more;
    }));
  }
  std::optional<std::string> next;
  if (is_full) next = Cursor{std::to_string(seq), last}.text();
  return items.answer_at(seq, epoch, "nvrs-at", next);
}

} // namespace

void get_availability(Services& services, IoThread&, ApiRequest request, Respond respond) {
  on_reader(services, std::move(request), std::move(respond), availability);
}

void get_at(Services& services, IoThread&, ApiRequest request, Respond respond) {
  on_reader(services, std::move(request), std::move(respond), fleet_at);
}

} // namespace nvrhub::net
