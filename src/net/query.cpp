#include "net/query.hpp"

#include <algorithm>
#include <charconv>

#include <sys/resource.h>

namespace nvrhub::net {

namespace {

constexpr std::size_t max_queries = 256; // waiting or running; more are told to come back
constexpr std::chrono::milliseconds turn_length{20};

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Whoever looks things up comes after sockets and dashboards, where there is not time for all.
void give_way() {
  thread_local const int done = ::setpriority(PRIO_PROCESS, 0, 10); // of the calling thread alone, on Linux
  (void)done;
}

} // namespace

void on_reader(Services& services, ApiRequest request, Respond respond, Query query) {
  if (services.queries.fetch_add(1) >= max_queries) {
    --services.queries;
    return respond(api_error(503, "busy", "too many queries at once"));
  }
  boost::asio::post(*services.readers, [&services, respond = std::move(respond), request = std::move(request), query] {
    give_way();
    ApiResponse response;
    try {
      stop_when_draining(services);
      response = query(services, request);
    } catch (Stop& stop) {
      response = std::move(stop.response);
    }
    --services.queries;
    respond(std::move(response));
  });
}

void stop_with(const store::Error& error) {
  if (error.code == store::Errc::not_found) throw Stop{api_error(404, "before_history", error.message)};
  // The store is being opened anew after a failed commit, or has too many readers: that passes.
  if (error.code == store::Errc::io) throw Stop{api_error(503, "unavailable", error.message)};
  throw Stop{api_error(500, "store_error", error.message)};
}

void stop_when_draining(const Services& services) {
  if (services.draining) throw Stop{api_error(503, "shutting_down", "the server is shutting down")};
}

ApiResponse bad_param(std::string_view name, std::string_view expected) {
  return api_error(400, "bad_request", std::string(name) + " must be " + std::string(expected), name);
}

const std::string* param(const Target& target, std::string_view name) {
  const auto at = target.params.find(name);
  return at == target.params.end() ? nullptr : &at->second;
}

std::uint64_t number_param(const Target& target, std::string_view name, std::uint64_t absent, std::uint64_t least,
                           std::uint64_t most) {
  const std::string* text = param(target, name);
  if (text == nullptr) return absent;
  const auto value = parse_number(*text);
  if (!value || *value < least || *value > most) {
    throw Stop{bad_param(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most))};
  }
  return *value;
}

std::optional<fleet::WallMillis> time_param(const Target& target, std::string_view name) {
  const std::string* text = param(target, name);
  if (text == nullptr) return std::nullopt;
  std::string unspaced = *text; // the + of an offset means a space in a query
  std::replace(unspaced.begin(), unspaced.end(), ' ', '+');
  const auto time = protocol::parse_iso8601(unspaced);
  if (!time) throw Stop{bad_param(name, "an ISO-8601 time such as 2024-01-15T10:30:00.000Z")};
  return time;
}

fleet::Span range_params(const Target& target, const fleet::Span& open) {
  const fleet::Span range{time_param(target, "from").value_or(open.from), time_param(target, "to").value_or(open.to)};
  if (range.from >= range.to) {
    throw Stop{bad_param(param(target, "from") != nullptr ? "from" : "to", "such that from is before to")};
  }
  return range;
}

protocol::Detail detail_param(const Target& target) {
  const std::string* text = param(target, "detail");
  if (text == nullptr || *text == "camera") return protocol::Detail::camera;
  if (*text == "nvr") return protocol::Detail::nvr;
  if (*text == "counts") return protocol::Detail::counts;
  throw Stop{bad_param("detail", "camera, nvr or counts")};
}

void stop_with_bad_cursor() {
  throw Stop{bad_param("cursor", "the `next` of an earlier page")};
}

std::optional<Cursor> cursor_param(const Target& target) {
  const std::string* text = param(target, "cursor");
  if (text == nullptr) return std::nullopt;
  const std::size_t dot = std::min(text->find('.'), text->size());
  const auto number = parse_number(std::string_view(*text).substr(std::min(dot + 1, text->size())));
  if (!number) stop_with_bad_cursor();
  return Cursor{text->substr(0, dot), *number};
}

std::uint64_t number_of(const Cursor& cursor) {
  const auto number = parse_number(cursor.token);
  if (!number) stop_with_bad_cursor();
  return *number;
}

Turn::Turn(Services& services)
    : snapshot_((stop_when_draining(services), or_stop(services.store->snapshot()))),
      end_(std::chrono::steady_clock::now() + turn_length) {}

void each_event(Services& services, EventRange range, const std::function<bool(fleet::Event&&, const Turn&)>& visit) {
  for (bool more = true; more;) {
    more = false;
    const Turn its_turn(services);
    const auto step = [&](fleet::Event&& event) {
      (range.newest_first ? range.upto : range.since) = range.newest_first ? event.seq - 1 : event.seq;
      if (!visit(std::move(event), its_turn)) return false;
      more = its_turn.is_over();
      return !more;
    };
    or_stop(range.newest_first ? its_turn.history().each_event_back(range.since, range.upto, range.id, step)
                               : its_turn.snapshot().each_event(range.since, range.upto, range.id, step));
  }
}

} // namespace nvrhub::net
