#include "api/query/history_target.hpp"

namespace nvrhub::api {

namespace {

/// Whether the kept history has a camera that the NVR does not have now. Only registrations add cameras.
bool had_camera(Context& context, fleet::NvrId id, const std::string& camera) {
  fleet::Seq head = 0;
  {
    const SnapshotSlice slice(context);
    head = value_or_throw(slice.snapshot().head());
    const auto base = value_or_throw(slice.history().nvr_at(id, value_or_throw(slice.snapshot().log_begin()) - 1));
    if (base && base->find(camera) != nullptr) return true;
  }
  bool found = false;
  each_event(context, {0, head, id}, [&](fleet::Event&& event, const SnapshotSlice&) {
    found = event.nvr && event.nvr->find(camera) != nullptr;
    return !found;
  });
  return found;
}

/// The site of a removed NVR.
std::string last_site(const SnapshotSlice& slice, fleet::NvrId id) {
  std::string site;
  value_or_throw(
      slice.history().each_event_reverse(0, value_or_throw(slice.snapshot().head()), id, [&site](fleet::Event&& event) {
        site = std::move(event.site);
        return false;
      }));
  return site;
}

} // namespace

HistoryTarget history_target(Context& context, const Request& request) {
  const std::string& hostname = request.path["hostname"];
  std::optional<fleet::NvrId> id;
  std::optional<fleet::Nvr> nvr;
  {
    const SnapshotSlice slice(context);
    const auto visible = [&](const std::optional<fleet::NvrId>& one) {
      if (!one) return false;
      nvr = value_or_throw(slice.snapshot().nvr(*one));
      return request.grant->sees_all() || request.grant->sees(nvr ? nvr->site : last_site(slice, *one));
    };
    id = value_or_throw(slice.snapshot().id_of(hostname));
    if (!visible(id)) id = value_or_throw(slice.history().former_id_of(hostname));
    if (!visible(id)) id.reset();
  }
  if (!id) {
    throw HttpError{
        error_response(404, "not_found", "no NVR is or was registered as \"" + hostname + "\"", "hostname")};
  }
  const std::string* const camera = request.path.find("camera");
  if (camera == nullptr) return {*id, std::nullopt};
  if ((nvr && nvr->find(*camera) != nullptr) || had_camera(context, *id, *camera)) return {*id, *camera};
  throw HttpError{error_response(
      404, "not_found", "NVR \"" + hostname + "\" has no camera \"" + *camera + "\" now or in the kept history",
      "camera")};
}

} // namespace nvrhub::api
