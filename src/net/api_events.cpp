// GET …/events: the log, by seq and by time.
#include <algorithm>
#include <limits>

#include "fleet/selection.hpp"
#include "net/items.hpp"
#include "net/subject.hpp"
#include "protocol/encode.hpp"

namespace nvrhub::net {

namespace {

using Fate = fleet::Selection::Fate;

/// Whether a registration says anything new of one camera: it came, it went, its address changed.
bool registers(const fleet::Event& event, const std::string& camera, const Turn& turn) {
  const auto before = or_stop(turn.history().nvr_at(event.nvr_id, event.seq - 1));
  const fleet::Camera* const was = before ? before->find(camera) : nullptr;
  const fleet::Camera* const is = event.nvr->find(camera);
  if (was == nullptr || is == nullptr) return was != is;
  return was->ip_address != is->ip_address;
}

bool concerns(const fleet::Event& event, const std::string& camera, const Turn& turn) {
  switch (event.kind) {
  case fleet::Kind::nvr_offline: // stands for all its cameras
  case fleet::Kind::removed:
    return true;
  case fleet::Kind::nvr_online:
  case fleet::Kind::cameras:
    return std::any_of(event.cameras.begin(), event.cameras.end(),
                       [&](const fleet::CameraChange& change) { return change.name == camera; });
  case fleet::Kind::registered:
    return registers(event, camera, turn);
  case fleet::Kind::conflict:
  case fleet::Kind::admin:
    return false;
  }
  return false;
}

/// What of an event a caller may see who may see some sites. One that comes into them shows whole: a registration.
Fate fate_of(const fleet::Event& event, const access::Grant& grant) {
  if (grant.sees_all()) return Fate::pass;
  fleet::Filter filter;
  filter.narrow_to(*grant.sites);
  fleet::Selection selection(filter);
  selection.add(event, false, false);
  return selection.fate(event);
}

bool newest_first(const Target& target) {
  const std::string* text = param(target, "order");
  if (text == nullptr || *text == "asc") return false;
  if (*text == "desc") return true;
  throw Stop{bad_param("order", "asc or desc")};
}

/// The events that the parameters leave, before the cursor.
EventRange range_of(const Target& target, const Turn& turn) {
  constexpr auto most = std::numeric_limits<fleet::WallMillis>::max();
  EventRange range;
  range.newest_first = newest_first(target);
  range.since = number_param(target, "since", 0, 0, std::numeric_limits<std::int64_t>::max());
  range.upto = or_stop(turn.snapshot().head());
  const fleet::Span times = range_params(target, {-most, most});
  if (times.from != -most) range.since = std::max(range.since, or_stop(turn.history().seq_at(times.from - 1)));
  if (times.to != most) range.upto = std::min(range.upto, or_stop(turn.history().seq_at(times.to - 1)));
  return range;
}

ApiResponse list_events(Services& services, const ApiRequest& request) {
  const Target& target = request.target;
  Items items(request, protocol::event_table());
  const auto cursor = cursor_param(target); // "head of the first page"."last seq of the page before"
  EventRange range;
  std::string epoch;
  {
    const Turn turn(services);
    epoch = or_stop(turn.snapshot().epoch());
    range = range_of(target, turn);
  }
  fleet::Seq head = range.upto;
  if (cursor) {
    head = number_of(*cursor);
    range.upto = std::min(range.upto, range.newest_first ? std::max<fleet::Seq>(cursor->number, 1) - 1 : head);
    if (!range.newest_first) range.since = std::max(range.since, cursor->number);
  }
  Subject subject;
  if (target.segments.size() > 3) {
    subject = subject_of(services, request);
    range.id = subject.id;
  }

  const access::Grant& grant = *request.grant;
  fleet::Seq last = 0;
  bool more = false;
  each_event(services, range, [&](fleet::Event&& event, const Turn& turn) {
    if (subject.camera && !concerns(event, *subject.camera, turn)) return true;
    const Fate fate = fate_of(event, grant);
    if (fate == Fate::hide) return true;
    if (items.is_full()) return !(more = true);
    last = event.seq;
    items.add([&] { return fate == Fate::leave ? protocol::encode_left(event) : protocol::encode_event(event); },
              [&](protocol::Csv& table) {
                protocol::add_event(table, event, subject.camera ? &*subject.camera : nullptr,
                                    fate == Fate::leave ? "left" : "");
              });
    return true;
  });
  std::optional<std::string> next;
  if (more) next = Cursor{std::to_string(head), last}.text();
  return items.answer("events", next, [&](const auto& events, const auto& its_next) {
    return protocol::encode_event_page(epoch, events, its_next);
  });
}

} // namespace

void get_events(Services& services, IoThread&, ApiRequest request, Respond respond) {
  on_reader(services, std::move(request), std::move(respond), list_events);
}

} // namespace nvrhub::net
