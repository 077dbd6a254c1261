// Alerts and their rules (alerts.md).
#include <algorithm>
#include <limits>
#include <utility>

#include <caf/send.hpp>

#include "actors/alerts/alert_records.hpp"
#include "api/handlers.hpp"
#include "api/handlers/alert_changes.hpp"
#include "api/query/list_response.hpp"
#include "protocol/decode/alerts.hpp"
#include "protocol/encode/alerts.hpp"

namespace nvrhub::api {

namespace {

constexpr std::string_view open_alerts = "open"; // token of a cursor into the alerts that are not resolved

Response refusal_of(actors::AlertsError error) {
  switch (error) {
  case actors::AlertsError::not_found:
    return error_response(404, "not_found", "no such maintenance window, or no alert that fires or is pending");
  case actors::AlertsError::too_many:
    return error_response(409, "busy", "at most " + std::to_string(alerts::max_windows) + " maintenance windows");
  case actors::AlertsError::unavailable:
    break;
  }
  return error_response(503, "unavailable", "the change could not be committed; try again");
}

struct AlertFilter {
  std::optional<std::string> state;
  std::optional<std::string> site;
  std::string since; // ISO-8601; empty: no limit
  fleet::Seq since_seq = 0;
  const access::Grant& grant;

  bool matches(const protocol::AlertFields& alert) const {
    return (!state || alert.state == *state) && (!site || alert.site == *site) && alert.at >= since &&
           grant.sees(alert.site);
  }
};

/// `since` is the seq of an event or a time.
AlertFilter filter_of(Context& context, const Request& request) {
  AlertFilter filter{{}, {}, {}, 0, *request.grant};
  if (const std::string* state = param(request.target, "state")) {
    if (*state != "pending" && *state != "firing" && *state != "resolved")
      throw HttpError{bad_param("state", "pending, firing or resolved")};
    filter.state = *state;
  }
  if (const std::string* site = param(request.target, "site")) filter.site = *site;
  const std::string* since = param(request.target, "since");
  if (since == nullptr) return filter;
  const SnapshotSlice slice(context);
  if (since->find_first_not_of("0123456789") == std::string::npos) {
    filter.since_seq = number_param(request.target, "since", 0, 0, std::numeric_limits<std::int64_t>::max());
    bool found = false;
    value_or_throw(slice.snapshot().each_event(filter.since_seq, value_or_throw(slice.snapshot().head()), std::nullopt,
                                               [&](fleet::Event&& event) {
                                                 filter.since = protocol::iso8601(event.at);
                                                 found = true;
                                                 return false;
                                               }));
    if (!found) filter.since = protocol::iso8601(context.shared->now());
  } else {
    const fleet::WallMillis time = time_param(request.target, "since").value_or(0);
    filter.since = protocol::iso8601(time);
    filter.since_seq = value_or_throw(slice.history().seq_at(time - 1));
  }
  return filter;
}

/// Pending and firing alerts first, in a fixed order, then resolved ones, newest first.
Response list_alerts(Context& context, const Request& request) {
  const AlertFilter filter = filter_of(context, request);
  const auto cursor = cursor_param(request.target); // "open.COUNT" or "HEAD.SEQ"
  ListResponse response(request, protocol::alert_table());
  std::optional<std::string> next;
  const auto add = [&](const std::string& json, const protocol::AlertFields& fields) {
    response.add([&] { return json; }, [&](protocol::Csv& table) { protocol::add_alert(table, fields); });
  };
  fleet::Seq head = 0;
  fleet::Seq upto = 0;
  {
    const SnapshotSlice slice(context);
    head = upto = value_or_throw(slice.snapshot().head());
    std::uint64_t seen = 0;
    const bool wanted = filter.state != "resolved" && (!cursor || cursor->token == open_alerts);
    const std::uint64_t skip = cursor ? cursor->number : 0;
    if (wanted) {
      value_or_throw(slice.snapshot().each_alert(actors::alert_key::alerts, [&](std::string_view, std::string&& bytes) {
        const std::string json(actors::json_of_stored_alert(bytes).value_or(""));
        const auto fields = protocol::read_alert(json);
        if (next || !fields || fields->state == "resolved" || !filter.matches(*fields) || seen++ < skip) return;
        if (response.is_full()) {
          next = Cursor{std::string(open_alerts), seen - 1}.text();
        } else {
          add(json, *fields);
        }
      }));
    }
  }
  if (cursor && cursor->token != open_alerts) {
    head = number_of(*cursor);
    upto = std::max<fleet::Seq>(cursor->number, 1) - 1;
  }
  if (!next && (!filter.state || *filter.state == "resolved")) {
    fleet::Seq last = upto + 1;
    each_event(context, {filter.since_seq, upto, 0, true}, [&](fleet::Event&& event, const SnapshotSlice&) {
      const auto fields = protocol::read_alert(event.detail);
      if (!fields || fields->change != "resolved" || !filter.matches(*fields)) return true;
      if (response.is_full()) {
        next = Cursor{std::to_string(head), last}.text();
        return false;
      }
      last = event.seq;
      add(event.detail, *fields);
      return true;
    });
  }
  return response.answer("alerts", next, [&](const auto& alerts, const auto& its_next) {
    return protocol::encode_alert_page(head, alerts, its_next);
  });
}

Response show_rules(Context& context, const Request&) {
  const SnapshotSlice slice(context);
  auto rules = value_or_throw(slice.snapshot().alert(actors::alert_key::rules));
  return {200, rules ? std::move(*rules) : protocol::encode_alert_rules(alerts::default_rules())};
}

} // namespace

void change_alerts(Context& context, actors::ChangeAlerts::Change change, Respond respond,
                   std::function<Response()> success) {
  auto reply = [respond = std::move(respond), success = std::move(success)](actors::AlertsResult result) {
    respond(result ? success() : refusal_of(result.error()));
  };
  caf::anon_send(
      context.alerts,
      actors::ChangeAlerts{std::make_shared<const actors::ChangeAlerts::Change>(std::move(change)),
                           std::make_shared<const std::function<void(actors::AlertsResult)>>(std::move(reply))});
}

void get_alerts(Context& context, Executor, Request request, Respond respond) {
  on_reader(context, std::move(request), std::move(respond), list_alerts);
}

/// A caller that sees only some sites acknowledges only their alerts.
void post_acknowledgement(Context& context, Executor, Request request, Respond respond) {
  const auto id = protocol::decode_alert_id(request.path["id"]);
  if (!id)
    return respond(error_response(400, "bad_request", "id is wrong: expected the 16 hex digits of an alert", "id"));
  auto note = protocol::decode_acknowledgement(request.body);
  if (!note) return respond(error_response(400, "bad_request", note.error().message, note.error().field));
  const access::Grant& grant = *request.grant;
  actors::Acknowledge change{*id, grant.token_id.empty() ? "anonymous" : grant.token_id, std::move(*note), grant.sites};
  change_alerts(context, std::move(change), std::move(respond), [] { return Response{204, ""}; });
}

void get_alert_rules(Context& context, Executor, Request request, Respond respond) {
  on_reader(context, std::move(request), std::move(respond), show_rules);
}

void put_alert_rules(Context& context, Executor, Request request, Respond respond) {
  auto rules = protocol::decode_alert_rules(request.body);
  if (!rules) return respond(error_response(400, "bad_request", rules.error().message, rules.error().field));
  std::string body = protocol::encode_alert_rules(*rules);
  change_alerts(context, actors::SetRules{std::move(*rules)}, std::move(respond), [body = std::move(body)] {
    return Response{200, body};
  });
}

} // namespace nvrhub::api
