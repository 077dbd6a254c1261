#pragma once

#include <cstddef>
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

/// The size limit of the body of a request to this target, in bytes, for a caller that has this grant.
std::size_t max_body(const Options& options, std::string_view target, const access::GrantPtr& grant);

/// A route as documents name it: GET, /api/v1/nvrs/{hostname}. In the order of NetCounters::routes; the first stands
/// for requests that match no route.
struct RouteName {
  std::string method;
  std::string path;
};
std::vector<RouteName> route_names();

} // namespace nvrhub::api
