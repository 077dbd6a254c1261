// GET …/events: the event log, by seq and by time.
#include <algorithm>
#include <limits>

#include "api/handlers.hpp"
#include "api/query/history_target.hpp"
#include "api/query/list_response.hpp"
#include "fleet/selection.hpp"
#include "protocol/encode/encode.hpp"

namespace nvrhub::api {

namespace {

using FilterTransition = fleet::Selection::FilterTransition;

/// Whether a registration added or removed this camera or changed its address.
bool registers(const fleet::Event& event, const std::string& camera, const SnapshotSlice& slice) {
  const auto before = value_or_throw(slice.history().nvr_at(event.nvr_id, event.seq - 1));
  const fleet::Camera* const was = before ? before->find(camera) : nullptr;
  const fleet::Camera* const is = event.nvr->find(camera);
  if (was == nullptr || is == nullptr) return was != is;
  return was->ip_address != is->ip_address;
}

bool concerns(const fleet::Event& event, const std::string& camera, const SnapshotSlice& slice) {
  switch (event.kind) {
  case fleet::Kind::nvr_offline: // covers all its cameras
  case fleet::Kind::removed:
    return true;
  case fleet::Kind::nvr_online:
  case fleet::Kind::cameras:
    return std::any_of(event.cameras.begin(), event.cameras.end(),
                       [&](const fleet::CameraChange& change) { return change.name == camera; });
  case fleet::Kind::registered:
    return registers(event, camera, slice);
  case fleet::Kind::conflict:
  case fleet::Kind::admin:
  case fleet::Kind::alert:
    return false;
  }
  return false;
}

/// How an event appears to a caller that may see only some sites. A registration that moves the NVR into them appears
/// whole.
FilterTransition transition_for(const fleet::Event& event, const access::Grant& grant) {
  if (grant.sees_all()) return FilterTransition::pass;
  if (event.kind == fleet::Kind::alert) return grant.sees(event.site) ? FilterTransition::pass : FilterTransition::hide;
  fleet::Filter filter;
  filter.narrow_to(*grant.sites);
  fleet::Selection selection(filter);
  selection.add(event, false, false);
  return selection.transition(event);
}

bool newest_first(const Target& target) {
  const std::string* text = param(target, "order");
  if (text == nullptr || *text == "asc") return false;
  if (*text == "desc") return true;
  throw HttpError{bad_param("order", "asc or desc")};
}

/// The events that the parameters select, before the cursor is applied.
EventRange range_of(const Target& target, const SnapshotSlice& slice) {
  constexpr auto most = std::numeric_limits<fleet::WallMillis>::max();
  EventRange range;
  range.newest_first = newest_first(target);
  range.since = number_param(target, "since", 0, 0, std::numeric_limits<std::int64_t>::max());
  range.upto = value_or_throw(slice.snapshot().head());
  const fleet::Span times = range_params(target, {-most, most});
  if (times.from != -most) range.since = std::max(range.since, value_or_throw(slice.history().seq_at(times.from - 1)));
  if (times.to != most) range.upto = std::min(range.upto, value_or_throw(slice.history().seq_at(times.to - 1)));
  return range;
}

Response list_events(Context& context, const Request& request) {
  const Target& target = request.target;
  ListResponse response(request, protocol::event_table());
  const auto cursor = cursor_param(target); // "head of the first page"."last seq of the page before"
  EventRange range;
  std::string epoch;
  {
    const SnapshotSlice slice(context);
    epoch = value_or_throw(slice.snapshot().epoch());
    range = range_of(target, slice);
  }
  fleet::Seq head = range.upto;
  if (cursor) {
    head = number_of(*cursor);
    range.upto = std::min(range.upto, range.newest_first ? std::max<fleet::Seq>(cursor->number, 1) - 1 : head);
    if (!range.newest_first) range.since = std::max(range.since, cursor->number);
  }
  HistoryTarget subject;
  if (request.path.find("hostname") != nullptr) {
    subject = history_target(context, request);
    range.id = subject.id;
  }

  const access::Grant& grant = *request.grant;
  fleet::Seq last = 0;
  bool more = false;
  each_event(context, range, [&](fleet::Event&& event, const SnapshotSlice& slice) {
    if (subject.camera && !concerns(event, *subject.camera, slice)) return true;
    const FilterTransition transition = transition_for(event, grant);
    if (transition == FilterTransition::hide) return true;
    if (response.is_full()) return !(more = true);
    last = event.seq;
    response.add(
        [&] {
          return transition == FilterTransition::leave ? protocol::encode_left(event) : protocol::encode_event(event);
        },
        [&](protocol::Csv& table) {
          protocol::add_event(table, event, subject.camera ? &*subject.camera : nullptr,
                              transition == FilterTransition::leave ? "left" : "");
        });
    return true;
  });
  std::optional<std::string> next;
  if (more) next = Cursor{std::to_string(head), last}.text();
  return response.answer("events", next, [&](const auto& events, const auto& its_next) {
    return protocol::encode_event_page(epoch, events, its_next);
  });
}

} // namespace

void get_events(Context& context, Executor, Request request, Respond respond) {
  on_reader(context, std::move(request), std::move(respond), list_events);
}

} // namespace nvrhub::api
