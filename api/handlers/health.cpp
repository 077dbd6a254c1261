// GET /healthz and /readyz: for load balancers and service managers.
#include <string>

#include "api/handlers.hpp"

namespace nvrhub::api {

void get_healthz(Context&, Executor, Request, Respond respond) {
  respond({200, R"({"status":"ok"})"});
}

void get_readyz(Context& context, Executor, Request, Respond respond) {
  if (context.draining) return respond(error_response(503, "shutting_down", "the server is shutting down"));
  if (context.leaving) {
    return respond(error_response(503, "draining", "the server is draining: it moves its NVRs to other servers"));
  }
  if (const auto hanging = context.store->operations().hanging()) {
    return respond(error_response(503, "degraded",
                                  "the store has not answered for " + std::to_string(hanging->count()) +
                                      " s: an operation on the data directory does not return; check the disk"));
  }
  if (context.shared->degraded) {
    return respond(error_response(503, "degraded", "commits to the data directory fail; see the log"));
  }
  if (context.cluster) {
    const protocol::ClusterStatus cluster = context.cluster();
    if (!cluster.has_lease || !cluster.has_leader || !cluster.problem.empty()) { // or etcd has raised an alarm
      return respond(error_response(503, "degraded",
                                    cluster.problem.empty()
                                        ? "etcd does not answer: nothing new is shown or acknowledged"
                                        : "nothing new is shown or acknowledged: " + cluster.problem));
    }
  }
  const auto& clock = context.shared->clock;
  if (clock && !clock->is_trusted()) { // ready all the same: statuses do not depend on it
    return respond({200, R"({"status":"ready","clock":{"trusted":false,"offset_s":)" +
                             std::to_string(clock->offset() / 1000) + "}}"});
  }
  respond({200, R"({"status":"ready"})"});
}

} // namespace nvrhub::api
