#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/io_pool.hpp"
#include "net/services.hpp"
#include "net/target.hpp"

namespace nvrhub::net {

struct ApiRequest {
  std::string method; // "GET"
  Target target;
  std::string body;
  std::string accept_encoding{};
  std::string if_none_match{};
  std::string accept{};
  access::GrantPtr grant{}; // null: no good token
};

struct ApiResponse {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::string allow{};   // with 405
  int retry_after_s = 0; // with 503
  std::string cache_control = "no-store";
  std::string content_encoding{}; // of a body that has one
  std::string etag{};
  std::string security_policy{}; // of a page
  std::string disposition{};     // of a file to be saved
  std::string link{};            // to the next page, of an answer that has no place for it
  std::string authenticate{};    // with 401
  std::size_t route = 0;         // that answered, a place in Counters::routes
};

/// A route as documents name it: GET, /api/v1/nvrs/{hostname}. In the order of Counters::routes, the first one standing
/// for requests that none takes.
struct RouteName {
  std::string method;
  std::string path;
};
std::vector<RouteName> route_names();

ApiResponse api_error(int status, std::string_view code, std::string_view message, std::string_view field = {});

/// Answers once, on any thread.
using Respond = std::function<void(ApiResponse)>;

/// One HTTP request (protocol.md, "HTTP"). Called on an I/O thread, answers later where it must ask an actor or the
/// store.
void handle_api(Services& services, IoThread& thread, ApiRequest request, Respond respond);

/// The NVR with what is true of it now: last_seen and unconfirmed.
std::string encode_live(const Services& services, fleet::Nvr nvr);

/// The body size that a request to this target may have, of whoever has this grant.
std::size_t max_body(const Services& services, std::string_view target, const access::GrantPtr& grant);

// ---- the parts (api_*.cpp, metrics.cpp) ----

using Handler = void (*)(Services&, IoThread&, ApiRequest, Respond);

void get_metrics(Services& services, IoThread& thread, ApiRequest request, Respond respond);

void get_nvrs(Services& services, IoThread& thread, ApiRequest request, Respond respond);
void get_nvr(Services& services, IoThread& thread, ApiRequest request, Respond respond);
void get_events(Services& services, IoThread& thread, ApiRequest request, Respond respond);
void get_summary(Services& services, IoThread& thread, ApiRequest request, Respond respond);
void get_availability(Services& services, IoThread& thread, ApiRequest request, Respond respond);
void get_at(Services& services, IoThread& thread, ApiRequest request, Respond respond);
void get_timeline(Services& services, IoThread& thread, ApiRequest request, Respond respond);

void put_nvr(Services& services, IoThread& thread, ApiRequest request, Respond respond);
void delete_nvr(Services& services, IoThread& thread, ApiRequest request, Respond respond);
void delete_camera(Services& services, IoThread& thread, ApiRequest request, Respond respond);
void post_rename(Services& services, IoThread& thread, ApiRequest request, Respond respond);
void put_nvr_status(Services& services, IoThread& thread, ApiRequest request, Respond respond);
void put_camera_status(Services& services, IoThread& thread, ApiRequest request, Respond respond);
void post_drain(Services& services, IoThread& thread, ApiRequest request, Respond respond);
void post_import(Services& services, IoThread& thread, ApiRequest request, Respond respond);

void post_backup(Services& services, IoThread& thread, ApiRequest request, Respond respond);

} // namespace nvrhub::net
