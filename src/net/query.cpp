#include "net/query.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

namespace nvrhub::net {

namespace {

constexpr std::size_t max_queries = 256; // waiting or running; more are told to come back
constexpr std::uint64_t default_limit = 100;
constexpr std::uint64_t max_limit = 1000;
constexpr std::uint64_t max_rows = 1'000'000;            // of CSV, which nobody wants in small pieces
constexpr std::size_t max_answer = std::size_t{8} << 20; // bytes
constexpr std::chrono::milliseconds turn{20};

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string encoded(std::string_view text) {
  return boost::urls::encode({text.data(), text.size()}, boost::urls::unreserved_chars);
}

/// The first part of `text` up to `separator`, trimmed; `text` becomes the rest.
std::string_view next_part(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  while (!part.empty() && part.front() == ' ')
    part.remove_prefix(1);
  while (!part.empty() && part.back() == ' ')
    part.remove_suffix(1);
  return part;
}

bool is_same_ignoring_case(std::string_view a, std::string_view lower) {
  return std::equal(a.begin(), a.end(), lower.begin(), lower.end(),
                    [](char x, char y) { return std::tolower(static_cast<unsigned char>(x)) == y; });
}

} // namespace

void on_reader(Services& services, ApiRequest request, Respond respond, Query query) {
  if (services.queries.fetch_add(1) >= max_queries) {
    --services.queries;
    return respond(api_error(503, "busy", "too many queries at once"));
  }
  boost::asio::post(*services.readers, [&services, respond = std::move(respond), request = std::move(request), query] {
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
      end_(std::chrono::steady_clock::now() + turn) {}

void each_event(Services& services, EventRange range, const std::function<bool(fleet::Event&&, const Turn&)>& visit) {
  for (bool more = true; more;) {
    more = false;
    const Turn turn(services);
    const auto step = [&](fleet::Event&& event) {
      (range.newest_first ? range.upto : range.since) = range.newest_first ? event.seq - 1 : event.seq;
      if (!visit(std::move(event), turn)) return false;
      more = turn.is_over();
      return !more;
    };
    or_stop(range.newest_first ? turn.history().each_event_back(range.since, range.upto, range.id, step)
                               : turn.snapshot().each_event(range.since, range.upto, range.id, step));
  }
}

bool wants_csv(std::string_view accept) {
  std::optional<double> csv;
  std::optional<double> json;
  while (!accept.empty()) {
    std::string_view range = next_part(accept, ',');
    const std::string_view type = next_part(range, ';');
    double quality = 1;
    while (!range.empty()) {
      const std::string_view parameter = next_part(range, ';');
      if (is_same_ignoring_case(parameter.substr(0, 2), "q=")) {
        std::from_chars(parameter.data() + 2, parameter.data() + parameter.size(), quality);
      }
    }
    if (is_same_ignoring_case(type, "text/csv")) csv = quality;
    if (is_same_ignoring_case(type, "application/json")) json = quality;
  }
  return csv.value_or(0) > 0 && *csv >= json.value_or(0);
}

ApiResponse csv_answer(std::string body, std::string_view name) {
  ApiResponse response{200, std::move(body), "text/csv; charset=utf-8; header=present"};
  response.disposition = "attachment; filename=\"" + std::string(name) + ".csv\"";
  return response;
}

Items::Items(const ApiRequest& request, protocol::Csv table)
    : target_(request.target), is_csv_(wants_csv(request.accept)),
      limit_(is_csv_ ? number_param(target_, "limit", max_rows, 1, max_rows)
                     : number_param(target_, "limit", default_limit, 1, max_limit)),
      table_(std::move(table)) {}

bool Items::is_full() const {
  return count_ >= limit_ || (is_csv_ ? table_.size() : bytes_) >= max_answer;
}

/// The next page's address goes into a header: the rows leave no place for it.
ApiResponse Items::csv_page(std::string_view name, const std::optional<std::string>& next) {
  ApiResponse response = csv_answer(table_.take(), name);
  if (!next) return response;
  response.link.append("<?cursor=").append(encoded(*next));
  for (const auto& [key, value] : target_.params) {
    if (key != "cursor") response.link.append("&").append(encoded(key)).append("=").append(encoded(value));
  }
  response.link.append(">; rel=\"next\"");
  return response;
}

} // namespace nvrhub::net
