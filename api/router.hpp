#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/context.hpp"
#include "api/request.hpp"

namespace nvrhub::api {

/// Answers one HTTP request (protocol.md, "HTTP"): finds its route, checks the caller's role and the names in the path,
/// and calls the handler.
///
/// THREADS: on the I/O thread of `executor`; `respond` is called once, at once or later, on any thread.
void handle(Context& context, Executor executor, Request request, Respond respond);

/// Carries out a call that another server of the cluster forwards, for the caller whose grant the request has.
void handle_forwarded(Context& context, Executor executor, Request request, Respond respond);

/// Whether a request with this method may change something (RFC 9110, 9.2.1).
bool changes_something(std::string_view method);

/// The answer to a request whose body is not needed for it: a refusal, or that of OPTIONS. Nothing: handle() decides.
/// Spares a client the upload of a large body that will be refused.
std::optional<Response> answer_without_body(const Request& request);

/// 426 (RFC 9110, 15.5.22) for a request without the upgrade that its path needs. Mostly a proxy dropped it.
Response upgrade_required(const std::string& path);

/// The size limit of the body of a request to this target, in bytes, for a caller that has this grant.
std::size_t max_body(const Options& options, const Target& target, const access::GrantPtr& grant);

/// A route as documents name it: GET, /api/v1/nvrs/{hostname}. In the order of NetCounters::routes; the first stands
/// for requests that match no route.
struct RouteName {
  std::string method;
  std::string path;
};
std::vector<RouteName> route_names();

} // namespace nvrhub::api
