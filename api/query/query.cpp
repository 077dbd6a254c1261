#include "api/query/query.hpp"

#include <algorithm>
#include <charconv>

#include <sys/resource.h>

#include <boost/asio/post.hpp>

namespace nvrhub::api {

namespace {

constexpr std::size_t max_queries = 256; // waiting or running
constexpr std::chrono::milliseconds slice_length{20};

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Queries have a lower priority than sockets and dashboards when the CPU is busy.
void lower_priority() {
  thread_local const int done = ::setpriority(PRIO_PROCESS, 0, 10); // on Linux: of the calling thread only
  (void)done;
}

} // namespace

void on_reader(Context& context, Request request, Respond respond, Query query) {
  if (context.queries.fetch_add(1) >= max_queries) {
    --context.queries;
    return respond(error_response(
        503, "busy", "too many concurrent queries (limit " + std::to_string(max_queries) + "); try again"));
  }
  boost::asio::post(*context.readers,
                    [&context, respond = std::move(respond), request = std::move(request), query = std::move(query)] {
                      lower_priority();
                      Response response;
                      try {
                        throw_if_draining(context);
                        response = query(context, request);
                      } catch (HttpError& error) {
                        response = std::move(error.response);
                      }
                      --context.queries;
                      respond(std::move(response));
                    });
}

void post_to_reader(Context& context, std::function<void()> work) {
  boost::asio::post(*context.readers, [work = std::move(work)] {
    lower_priority();
    work();
  });
}

void throw_store_error(const store::Error& error) {
  if (error.code == store::Errc::not_found) throw HttpError{error_response(404, "before_history", error.message)};
  // Temporary: the store is being reopened after a failed commit, or has too many readers.
  if (error.code == store::Errc::io) throw HttpError{error_response(503, "unavailable", error.message)};
  throw HttpError{error_response(500, "store_error", error.message)};
}

void throw_if_draining(const Context& context) {
  if (context.draining) throw HttpError{error_response(503, "shutting_down", "the server is shutting down")};
}

Response bad_param(std::string_view name, std::string_view expected) {
  return error_response(400, "bad_request", std::string(name) + " must be " + std::string(expected), name);
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
    throw HttpError{bad_param(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most))};
  }
  return *value;
}

std::optional<fleet::WallMillis> time_param(const Target& target, std::string_view name) {
  const std::string* text = param(target, name);
  if (text == nullptr) return std::nullopt;
  std::string unspaced = *text; // an unencoded + of an offset decodes to a space
  std::replace(unspaced.begin(), unspaced.end(), ' ', '+');
  const auto time = protocol::parse_iso8601(unspaced);
  if (!time) throw HttpError{bad_param(name, "an ISO-8601 time such as 2024-01-15T10:30:00.000Z")};
  return time;
}

fleet::Span range_params(const Target& target, const fleet::Span& open) {
  const fleet::Span range{time_param(target, "from").value_or(open.from), time_param(target, "to").value_or(open.to)};
  if (range.from >= range.to) {
    throw HttpError{param(target, "from") != nullptr ? bad_param("from", "before to") : bad_param("to", "after from")};
  }
  return range;
}

protocol::Detail detail_param(const Target& target) {
  const std::string* text = param(target, "detail");
  if (text == nullptr || *text == "camera") return protocol::Detail::camera;
  if (*text == "nvr") return protocol::Detail::nvr;
  if (*text == "counts") return protocol::Detail::counts;
  throw HttpError{bad_param("detail", "camera, nvr or counts")};
}

void throw_bad_cursor() {
  throw HttpError{bad_param("cursor", "the `next` of an earlier page")};
}

std::optional<Cursor> cursor_param(const Target& target) {
  const std::string* text = param(target, "cursor");
  if (text == nullptr) return std::nullopt;
  const std::size_t dot = std::min(text->find('.'), text->size());
  const auto number = parse_number(std::string_view(*text).substr(std::min(dot + 1, text->size())));
  if (!number) throw_bad_cursor();
  return Cursor{text->substr(0, dot), *number};
}

std::uint64_t number_of(const Cursor& cursor) {
  const auto number = parse_number(cursor.token);
  if (!number) throw_bad_cursor();
  return *number;
}

SnapshotSlice::SnapshotSlice(Context& context)
    : operation_(context.store->operations()),
      snapshot_((throw_if_draining(context), value_or_throw(context.store->snapshot()))),
      end_(std::chrono::steady_clock::now() + slice_length) {}

void each_event(Context& context, EventRange range,
                const std::function<bool(fleet::Event&&, const SnapshotSlice&)>& visit) {
  for (bool more = true; more;) {
    more = false;
    const SnapshotSlice slice(context);
    const auto step = [&](fleet::Event&& event) {
      (range.newest_first ? range.upto : range.since) = range.newest_first ? event.seq - 1 : event.seq;
      if (!visit(std::move(event), slice)) return false;
      more = slice.is_over();
      return !more;
    };
    value_or_throw(range.newest_first ? slice.history().each_event_reverse(range.since, range.upto, range.id, step)
                                      : slice.snapshot().each_event(range.since, range.upto, range.id, step));
  }
}

} // namespace nvrhub::api
