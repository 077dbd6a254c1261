#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/io_pool.hpp"
#include "net/services.hpp"
#include "net/target.hpp"

namespace nvrhub::net {

struct ApiRequest {
  std::string method; // "GET"
  Target target;
  std::string body;
};

struct ApiResponse {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::string allow{};   // with 405
  int retry_after_s = 0; // with 503
};

ApiResponse api_error(int status, std::string_view code, std::string_view message, std::string_view field = {});

/// Answers once, on any thread.
using Respond = std::function<void(ApiResponse)>;

/// One HTTP request (protocol.md, "HTTP"). Called on an I/O thread, answers later where it must ask an actor or the
/// store.
void handle_api(Services& services, IoThread& thread, ApiRequest request, Respond respond);

/// The NVR with what is true of it now: last_seen and unconfirmed.
std::string encode_live(const Services& services, fleet::Nvr nvr);

/// The body size that a request to this target may have.
std::size_t max_body(const Services& services, std::string_view target);

// ---- the parts (api_queries.cpp, api_writes.cpp) ----

using Handler = void (*)(Services&, IoThread&, ApiRequest, Respond);

void get_nvrs(Services& services, IoThread& thread, ApiRequest request, Respond respond);
void get_nvr(Services& services, IoThread& thread, ApiRequest request, Respond respond);
void get_events(Services& services, IoThread& thread, ApiRequest request, Respond respond);
void get_summary(Services& services, IoThread& thread, ApiRequest request, Respond respond);

void put_nvr(Services& services, IoThread& thread, ApiRequest request, Respond respond);
void delete_nvr(Services& services, IoThread& thread, ApiRequest request, Respond respond);
void delete_camera(Services& services, IoThread& thread, ApiRequest request, Respond respond);
void post_rename(Services& services, IoThread& thread, ApiRequest request, Respond respond);
void put_nvr_status(Services& services, IoThread& thread, ApiRequest request, Respond respond);
void put_camera_status(Services& services, IoThread& thread, ApiRequest request, Respond respond);
void post_import(Services& services, IoThread& thread, ApiRequest request, Respond respond);

} // namespace nvrhub::net
