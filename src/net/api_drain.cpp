// POST /api/v1/admin/drain: NVRs go elsewhere before the server stops.
#include <chrono>
#include <memory>
#include <random>

#include "net/api.hpp"
#include "net/nvr_session.hpp"
#include "net/query.hpp"

namespace nvrhub::net {

namespace {

/// Sends every NVR away at some moment of the next `over`, so that they come back elsewhere one after the other.
void send_away(Services& services, std::chrono::milliseconds over) {
  services.sessions.each([over](WebSocketSession& session) {
    auto* const nvr = dynamic_cast<NvrSession*>(&session);
    if (nvr == nullptr) return;
    thread_local std::minstd_rand random{std::random_device{}()};
    std::uniform_int_distribution<std::chrono::milliseconds::rep> moment(0, over.count());
    nvr->leave_at(std::chrono::steady_clock::now() + std::chrono::milliseconds(moment(random)));
  });
}

} // namespace

void post_drain(Services& services, IoThread&, ApiRequest request, Respond respond) {
  try {
    const auto over = std::chrono::seconds(number_param(request.target, "over", 10, 0, 3600));
    if (!services.leaving.exchange(true)) {
      services.log(actors::Level::info, "drain", "NVRs are sent away, and none is taken: stop this server next",
                   {{"over_s", over.count()}});
    }
    send_away(services, over);
    const auto sessions = std::to_string(services.counters.level(&Counters::nvr_sessions));
    respond({202, R"({"draining":true,"sessions":)" + sessions + ",\"over_s\":" + std::to_string(over.count()) + "}"});
  } catch (const Stop& stop) {
    respond(stop.response);
  }
}

} // namespace nvrhub::net
