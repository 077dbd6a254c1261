#include "net/subject.hpp"

namespace nvrhub::net {

namespace {

/// Whether the kept history knows a camera that the NVR does not have now. Cameras come with registrations alone.
bool had_camera(Services& services, fleet::NvrId id, const std::string& camera) {
  fleet::Seq head = 0;
  {
    const Turn turn(services);
    head = or_stop(turn.snapshot().head());
    const auto base = or_stop(turn.history().nvr_at(id, or_stop(turn.snapshot().log_begin()) - 1));
    if (base && base->find(camera) != nullptr) return true;
  }
  bool found = false;
  each_event(services, {0, head, id}, [&](fleet::Event&& event, const Turn&) {
    found = event.nvr && event.nvr->find(camera) != nullptr;
    return !found;
  });
  return found;
}

/// Where a removed NVR was.
std::string last_site(const Turn& turn, fleet::NvrId id) {
  std::string site;
  or_stop(turn.history().each_event_back(0, or_stop(turn.snapshot().head()), id, [&site](fleet::Event&& event) {
    site = std::move(event.site);
    return false;
  }));
  return site;
}

} // namespace

Subject subject_of(Services& services, const ApiRequest& request) {
  const Target& target = request.target;
  const std::string& hostname = target.segments[3];
  std::optional<fleet::NvrId> id;
  std::optional<fleet::Nvr> nvr;
  {
    const Turn turn(services);
    const auto visible = [&](const std::optional<fleet::NvrId>& one) {
      if (!one) return false;
      nvr = or_stop(turn.snapshot().nvr(*one));
      return request.grant->sees_all() || request.grant->sees(nvr ? nvr->site : last_site(turn, *one));
    };
    id = or_stop(turn.snapshot().id_of(hostname));
    if (!visible(id)) id = or_stop(turn.history().former_id_of(hostname)); // one that has the name now goes first
    if (!visible(id)) id.reset();
  }
  if (!id) {
    throw Stop{api_error(404, "not_found", "no NVR is or was registered as \"" + hostname + "\"", "hostname")};
  }
  if (target.segments.size() <= 5) return {*id, std::nullopt};
  const std::string& camera = target.segments[5];
  if ((nvr && nvr->find(camera) != nullptr) || had_camera(services, *id, camera)) return {*id, camera};
  throw Stop{api_error(404, "not_found", "\"" + hostname + "\" has and had no camera \"" + camera + "\"", "camera")};
}

} // namespace nvrhub::net
