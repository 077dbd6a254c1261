// The GETs that read the store: each looks at one snapshot, on a reader thread.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

#include "net/api.hpp"
#include "protocol/encode.hpp"

namespace nvrhub::net {

namespace {

constexpr std::size_t max_queries = 256; // waiting or running; more are told to come back
constexpr std::uint64_t default_limit = 100;
constexpr std::uint64_t max_limit = 1000;

/// What ends a query early.
struct Stop {
  ApiResponse response;
};

ApiResponse bad_param(std::string_view name, std::string_view expected) {
  return api_error(400, "bad_request", std::string(name) + " must be " + std::string(expected), name);
}

template <class T>
T or_stop(store::Result<T> result) {
  if (!result) throw Stop{api_error(500, "store_error", result.error().message)};
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
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

std::uint64_t limit_param(const Target& target) {
  return number_param(target, "limit", default_limit, 1, max_limit);
}

/// "token.number", as made by this file.
std::optional<std::pair<std::string, std::uint64_t>> parse_cursor(const std::string& text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string::npos) return std::nullopt;
  const auto number = parse_number(std::string_view(text).substr(dot + 1));
  if (!number) return std::nullopt;
  return std::pair(text.substr(0, dot), *number);
}

/// Runs `query` on a reader thread. A query ends early by throwing Stop, which never leaves here.
template <class Query>
void on_reader(Services& services, Respond respond, Query query) {
  if (services.queries.fetch_add(1) >= max_queries) {
    --services.queries;
    return respond(api_error(503, "busy", "too many queries at once"));
  }
  boost::asio::post(*services.readers, [&services, respond = std::move(respond), query = std::move(query)] {
    ApiResponse response;
    try {
      response = query(services);
    } catch (Stop& stop) {
      response = std::move(stop.response);
    }
    --services.queries;
    respond(std::move(response));
  });
}

std::shared_ptr<const store::Snapshot> new_snapshot(Services& services) {
  return std::make_shared<const store::Snapshot>(or_stop(services.store->snapshot()));
}

// ---- lists ----

bool contains(std::string_view text, std::string_view lower_needle) {
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  return std::search(text.begin(), text.end(), lower_needle.begin(), lower_needle.end(), same) != text.end();
}

/// ?site=&status=&q= of a list.
struct NvrFilter {
  std::optional<std::string> site;
  std::optional<std::string> status;
  std::string q; // lower case

  explicit NvrFilter(const Target& target) {
    if (const std::string* text = param(target, "site")) site = *text;
    if (const std::string* text = param(target, "status")) {
      if (*text != "online" && *text != "offline" && *text != "unconfirmed") {
        throw Stop{bad_param("status", "online, offline or unconfirmed")};
      }
      status = *text;
    }
    if (const std::string* text = param(target, "q")) {
      for (const char c : *text)
        q.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    }
  }

  bool matches(const fleet::Nvr& nvr, bool unconfirmed) const {
    if (site && nvr.site != *site) return false;
    if (status && (*status == "unconfirmed" ? !(nvr.online && unconfirmed) : nvr.online != (*status == "online"))) {
      return false;
    }
    if (q.empty() || contains(nvr.hostname, q) || contains(nvr.device_name, q) || contains(nvr.site, q)) return true;
    return std::any_of(nvr.cameras.begin(), nvr.cameras.end(), [this](const fleet::Camera& camera) {
      return contains(camera.name, q) || contains(camera.ip_address, q);
    });
  }
};

ApiResponse list_nvrs(Services& services, const Target& target) {
  const std::uint64_t limit = limit_param(target);
  const NvrFilter filter(target);
  std::shared_ptr<const store::Snapshot> snapshot;
  std::string token;
  fleet::NvrId after = 0;
  if (const std::string* text = param(target, "cursor")) {
    const auto cursor = parse_cursor(*text);
    if (!cursor || cursor->second > std::numeric_limits<fleet::NvrId>::max()) {
      return bad_param("cursor", "the `next` of an earlier page");
    }
    token = cursor->first;
    after = static_cast<fleet::NvrId>(cursor->second);
    snapshot = services.cursors.find(token);
    if (!snapshot) {
      return api_error(410, "cursor_expired", "a list must be paged through within a minute: start again", "cursor");
    }
  } else {
    snapshot = new_snapshot(services);
  }

  // A kept snapshot may be asked for its next page twice at once; a transaction serves one at a time.
  const std::lock_guard lock(services.cursors.reading());
  std::vector<std::string> page;
  fleet::NvrId last = after;
  bool more = false;
  or_stop(snapshot->each_nvr(after, [&](fleet::Nvr&& nvr) {
    if (!filter.matches(nvr, services.shared->presence.unconfirmed(nvr.id))) return true;
    if (page.size() == limit) return !(more = true);
    last = nvr.id;
    page.push_back(encode_live(services, std::move(nvr)));
    return true;
  }));
  std::optional<std::string> next;
  if (more) {
    if (token.empty()) token = services.cursors.keep(snapshot);
    next = token + "." + std::to_string(last);
  }
  return {200, protocol::encode_nvr_page(or_stop(snapshot->head()), or_stop(snapshot->epoch()), page, next)};
}

// ---- history ----

bool concerns(const fleet::Event& event, const std::string& camera) {
  switch (event.kind) {
  case fleet::Kind::nvr_offline: // stands for all its cameras
  case fleet::Kind::removed:
    return true;
  case fleet::Kind::nvr_online:
  case fleet::Kind::cameras:
    return std::any_of(event.cameras.begin(), event.cameras.end(),
                       [&](const fleet::CameraChange& change) { return change.name == camera; });
  case fleet::Kind::registered:
  case fleet::Kind::conflict:
  case fleet::Kind::admin:
    return false;
  }
  return false;
}

ApiResponse list_events(Services& services, const Target& target) {
  const std::uint64_t limit = limit_param(target);
  fleet::Seq since = number_param(target, "since", 0, 0, std::numeric_limits<std::int64_t>::max());
  const auto snapshot = new_snapshot(services);
  fleet::Seq upto = or_stop(snapshot->head());
  if (const std::string* text = param(target, "cursor")) {
    const auto cursor = parse_cursor(*text); // "head of the first page"."last seq of the page before"
    const auto first_head = cursor ? parse_number(cursor->first) : std::nullopt;
    if (!first_head) return bad_param("cursor", "the `next` of an earlier page");
    upto = std::min<fleet::Seq>(upto, *first_head);
    since = cursor->second;
  }

  std::optional<fleet::NvrId> id;
  const std::string* camera = nullptr;
  if (target.segments.size() > 3) {
    id = or_stop(snapshot->id_of(target.segments[3]));
    if (!id) return api_error(404, "not_found", "no NVR is registered as \"" + target.segments[3] + "\"", "hostname");
    if (target.segments.size() > 5) camera = &target.segments[5];
  }
  if (camera != nullptr) {
    const auto nvr = or_stop(snapshot->nvr(*id));
    if (!nvr || nvr->find(*camera) == nullptr) {
      return api_error(404, "not_found", "\"" + target.segments[3] + "\" has no camera \"" + *camera + "\"", "camera");
    }
  }

  std::vector<std::string> page;
  fleet::Seq last = since;
  bool more = false;
  or_stop(snapshot->each_event(since, upto, id, [&](fleet::Event&& event) {
    if (camera != nullptr && !concerns(event, *camera)) return true;
    if (page.size() == limit) return !(more = true);
    last = event.seq;
    page.push_back(protocol::encode_event(event));
    return true;
  }));
  std::optional<std::string> next;
  if (more) next = std::to_string(upto) + "." + std::to_string(last);
  return {200, protocol::encode_event_page(or_stop(snapshot->epoch()), page, next)};
}

} // namespace

void get_nvrs(Services& services, IoThread&, ApiRequest request, Respond respond) {
  on_reader(services, std::move(respond),
            [request = std::move(request)](Services& its) { return list_nvrs(its, request.target); });
}

void get_nvr(Services& services, IoThread&, ApiRequest request, Respond respond) {
  on_reader(services, std::move(respond), [hostname = request.target.segments[3]](Services& its) {
    const auto snapshot = new_snapshot(its);
    const auto id = or_stop(snapshot->id_of(hostname));
    auto nvr = id ? or_stop(snapshot->nvr(*id)) : std::nullopt;
    if (!nvr) return api_error(404, "not_found", "no NVR is registered as \"" + hostname + "\"", "hostname");
    return ApiResponse{200, protocol::encode_one_nvr(or_stop(snapshot->head()), encode_live(its, std::move(*nvr)))};
  });
}

void get_events(Services& services, IoThread&, ApiRequest request, Respond respond) {
  on_reader(services, std::move(respond),
            [request = std::move(request)](Services& its) { return list_events(its, request.target); });
}

void get_summary(Services& services, IoThread&, ApiRequest, Respond respond) {
  on_reader(services, std::move(respond), [](Services& its) {
    const auto snapshot = new_snapshot(its);
    const store::Counts counts = or_stop(snapshot->counts());
    protocol::Summary summary;
    summary.seq = or_stop(snapshot->head());
    summary.nvrs_online = counts.nvrs_online;
    summary.nvrs_offline = counts.nvrs_offline;
    summary.nvrs_unconfirmed = its.shared->presence.unconfirmed_count();
    summary.cameras_online = counts.cameras_online;
    summary.cameras_offline = counts.cameras_offline;
    summary.cameras_other = counts.cameras_other;
    return ApiResponse{200, protocol::encode(summary)};
  });
}

} // namespace nvrhub::net
