#pragma once

#include <functional>
#include <optional>

#include "api/handlers.hpp"

namespace nvrhub::api {

/// Answers a call when the log of the cluster has what it changed. Blocks nothing: `check` runs on a reader thread
/// every 50 ms until it has an answer, at most 5 s; then, or if the server stops, `give_up` makes it. Both may throw
/// HttpError.
struct LogPoll {
  std::function<std::optional<Response>()> check;
  std::function<Response(bool is_stopping)> give_up;
};
void poll_log(Context& context, Executor executor, Respond respond, LogPoll poll);

} // namespace nvrhub::api
