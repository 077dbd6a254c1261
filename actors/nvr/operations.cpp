// Changes of an NVR over HTTP (protocol.md, "HTTP"). Only manual statuses change a status.
#include <algorithm>
#include <utility>

#include "actors/nvr/state.hpp"
#include "fleet/replay.hpp"

namespace nvrhub::actors {

void NvrState::on(const Operation& message) {
  if (!busy()) ++received_;
  if (busy()) return stash(message);
  invalidate_report();
  if (draining_) {
    refuse_operation(message, OperationError::unavailable);
  } else {
    draft([this, message] { return operate(message); });
  }
  end_turn();
}

/// False: it was refused.
bool NvrState::operate(const Operation& message) {
  if (const auto why = site_refusal(message)) {
    refuse_operation(message, *why);
    return false;
  }
  const Applied applied = std::visit([this](const auto& change) { return apply(change); }, *message.change);
  if (!applied) {
    refuse_operation(message, applied.error());
    return false;
  }
  commit_at_once();
  when_durable([this, reply = message.reply, created = *applied,
                after = nvr_.unpack()](const store::Result<fleet::Seq>& head) mutable {
    if (head) {
      after.id = nvr_->id; // a new NVR has its number only now
      (*reply)(OperationDone{created, *head, std::move(after)});
    } else {
      (*reply)(tl::make_unexpected(head.error().code == store::Errc::taken ? OperationError::hostname_taken
                                                                           : OperationError::unavailable));
    }
  });
  return true;
}

/// An NVR of another site is answered as an unknown one, except that its hostname is taken. A registration whose site
/// is refused is refused alike for both, so that it cannot be used to look for hostnames.
std::optional<OperationError> NvrState::site_refusal(const Operation& operation) const {
  if (!operation.grant || operation.grant->sees_all()) return std::nullopt;
  const access::Grant& grant = *operation.grant;
  const bool is_visible = exists_ && grant.sees(nvr_->site);
  const auto* ingest = std::get_if<Ingest>(operation.change.get());
  if (ingest == nullptr) return is_visible ? std::nullopt : std::optional(OperationError::not_found);
  const std::optional<std::string>& site = ingest->registration.site;
  const bool is_its_site = site ? grant.sees(*site) : is_visible || grant.sees("");
  if (!is_its_site) return OperationError::other_site;
  return exists_ && !is_visible ? std::optional(OperationError::hostname_taken) : std::nullopt;
}

void NvrState::refuse_operation(const Operation& operation, OperationError why) {
  (*operation.reply)(tl::make_unexpected(why));
  if (const auto* rename = std::get_if<Rename>(operation.change.get())) {
    self_->send(registry_, Renamed{hostname_, rename->hostname, self_, false});
  }
}

NvrState::Applied NvrState::apply(const Ingest& change) {
  const protocol::Registration& registration = change.registration;
  fleet::Nvr& nvr = nvr_.unpack();
  const std::size_t created_cameras = static_cast<std::size_t>(
      std::count_if(registration.cameras.begin(), registration.cameras.end(),
                    [&nvr](const protocol::RegisteredCamera& camera) { return !nvr.find(camera.name); }));
  if ((exists_ ? nvr.cameras.size() : 0) + created_cameras > shared_->settings.max_cameras) {
    return tl::make_unexpected(OperationError::too_many_cameras);
  }
  const bool created = !exists_;
  if (created) begin_new();
  bool changed = created;
  const auto assign = [&changed](std::string& field, const std::optional<std::string>& value) {
    if (!value || field == *value) return;
    field = *value;
    changed = true;
  };
  assign(nvr.device_name, registration.device_name);
  assign(nvr.site, registration.site);
  for (const protocol::RegisteredCamera& entry : registration.cameras) {
    if (fleet::Camera* camera = nvr.find(entry.name)) {
      assign(camera->ip_address, entry.ip_address);
    } else {
      nvr.add(entry.name, entry.ip_address.value_or(""));
      changed = true;
    }
  }
  if (changed) pending_.registered(nvr, shared_->now());
  return created;
}

NvrState::Applied NvrState::apply(const Rename& change) {
  const auto report_outcome = [this, to = change.hostname](bool done) {
    self_->send(registry_, Renamed{hostname_, to, self_, done});
    if (!done) return;
    shared_->hostnames.erase(hostname_);
    shared_->hostnames.insert(to);
    shared_->waiting.remove(to);
    hostname_ = to;
  };
  if (!exists_) return tl::make_unexpected(OperationError::not_found);
  if (change.hostname == hostname_) {
    report_outcome(false);
    return false;
  }
  fleet::Nvr& nvr = nvr_.unpack();
  if (nvr.device_name == hostname_) nvr.device_name = change.hostname;
  nvr.hostname = change.hostname;
  pending_.registered(nvr, shared_->now());
  // The name belongs to this actor only when it is durable: the store may refuse it as taken.
  when_durable([report_outcome](const store::Result<fleet::Seq>& head) { report_outcome(head.has_value()); });
  return false;
}

NvrState::Applied NvrState::apply(const RemoveNvr&) {
  if (!exists_) return tl::make_unexpected(OperationError::not_found);
  pending_.removed(nvr_.unpack(), shared_->now());
  exists_ = false;
  removing_ = true;
  grace_.reset();
  if (handle_) std::exchange(handle_, nullptr)->close(protocol::CloseCode::unknown_hostname);
  return false;
}

NvrState::Applied NvrState::apply(const RemoveCamera& change) {
  if (!exists_) return tl::make_unexpected(OperationError::not_found);
  if (!nvr_.unpack().remove(change.name)) return tl::make_unexpected(OperationError::camera_not_found);
  pending_.registered(nvr_.unpack(), shared_->now(), 1);
  return false;
}

NvrState::Applied NvrState::apply(const SetNvrStatus& change) {
  if (!exists_) return tl::make_unexpected(OperationError::not_found);
  if (!change.online) {
    grace_.reset();
    go_offline(fleet::Cause::manual);
  } else if (!nvr_->online) {
    nvr_.head().online = true;
    if (nvr_->id != 0) shared_->presence.set_unconfirmed(nvr_->id, false);
    pending_.nvr_online(nvr_.unpack(), {}, shared_->now());
  }
  return false;
}

NvrState::Applied NvrState::apply(const SetCameraStatus& change) {
  if (!exists_) return tl::make_unexpected(OperationError::not_found);
  fleet::Camera* camera = nvr_.unpack().find(change.name);
  if (camera == nullptr) return tl::make_unexpected(OperationError::camera_not_found);
  if (camera->status == change.status) return false;
  const std::vector<fleet::StatusChange> changed{{camera->name, camera->status, camera->source, camera->since}};
  const fleet::WallMillis at = shared_->now();
  camera->status = change.status;
  camera->source = fleet::Source::manual;
  camera->since = at;
  pending_.cameras(nvr_.unpack(), changed, at);
  return false;
}

} // namespace nvrhub::actors
