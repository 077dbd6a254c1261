// POST /api/v1/admin/drain: moves the NVRs to other servers before this one is stopped.
#include <chrono>

#include "api/handlers.hpp"
#include "api/query/query.hpp"

namespace nvrhub::api {

void post_drain(Context& context, Executor, Request request, Respond respond) {
  try {
    const auto over = std::chrono::seconds(number_param(request.target, "over", 10, 0, 3600));
    if (!context.leaving.exchange(true)) {
      context.shared->log(actors::Level::info, "drain",
                          "draining: NVR sockets are closed with 1001 and no NVR is accepted; stop this server next",
                          {{"over_s", over.count()}});
    }
    context.connections.drain(over);
    const auto sessions = std::to_string(context.connections.counters().level(&metrics::NetCounters::nvr_sessions));
    respond({202, R"({"draining":true,"sessions":)" + sessions + ",\"over_s\":" + std::to_string(over.count()) + "}"});
  } catch (const HttpError& error) {
    respond(error.response);
  }
}

} // namespace nvrhub::api
