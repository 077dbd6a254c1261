#pragma once

#include <optional>
#include <string>

#include "api/query/query.hpp"

namespace nvrhub::api {

/// The NVR, or the camera of it, whose history a request asks for. It may have been removed, as long as its history is
/// kept. An NVR that has the hostname now takes precedence over those that had it before.
struct HistoryTarget {
  fleet::NvrId id = 0;
  std::optional<std::string> camera;
};

/// From the path parameters `hostname` and, if the route has it, `camera`.
/// ERRORS: throws HttpError 404 if no history of it is kept or the caller may not see its site.
HistoryTarget history_target(Context& context, const Request& request);

} // namespace nvrhub::api
