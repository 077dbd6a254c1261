// Changes of an NVR over HTTP (protocol.md, "HTTP"). None but the manual ones changes a status.
#include <algorithm>
#include <utility>

#include "actors/nvr_state.hpp"
#include "fleet/replay.hpp"

namespace nvrhub::actors {

void NvrState::on(const Operation& message) {
  if (!busy()) ++received_;
  if (busy()) return stash(message);
  forget_report();
  if (draining_) {
    refuse_operation(message, OpError::unavailable);
  } else if (const Applied applied = std::visit([this](const auto& change) { return apply(change); }, *message.change);
             !applied) {
    refuse_operation(message, applied.error());
  } else {
    when_durable([this, reply = message.reply, created = *applied,
                  after = nvr_.open()](const store::Result<fleet::Seq>& head) mutable {
      if (head) {
        after.id = nvr_->id; // a new one has its number only now
        (*reply)(Done{created, *head, std::move(after)});
      } else {
        (*reply)(tl::make_unexpected(head.error().code == store::Errc::taken ? OpError::taken : OpError::unavailable));
      }
    });
  }
  settle();
}

void NvrState::refuse_operation(const Operation& operation, OpError why) {
  (*operation.reply)(tl::make_unexpected(why));
  if (const auto* rename = std::get_if<Rename>(operation.change.get())) {
    self_->send(registry_, Renamed{hostname_, rename->hostname, self_, false});
  }
}

NvrState::Applied NvrState::apply(const Ingest& change) {
  const protocol::Registration& registration = change.registration;
  fleet::Nvr& nvr = nvr_.open();
  const std::size_t created_cameras = static_cast<std::size_t>(
      std::count_if(registration.cameras.begin(), registration.cameras.end(),
                    [&nvr](const protocol::RegisteredCamera& camera) { return !nvr.find(camera.name); }));
  if ((exists_ ? nvr.cameras.size() : 0) + created_cameras > shared_->settings.max_cameras) {
    return tl::make_unexpected(OpError::too_many_cameras);
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
  const auto tell = [this, to = change.hostname](bool done) {
    self_->send(registry_, Renamed{hostname_, to, self_, done});
    if (done) hostname_ = to;
  };
  if (!exists_) return tl::make_unexpected(OpError::not_found);
  if (change.hostname == hostname_) {
    tell(false);
    return false;
  }
  fleet::Nvr& nvr = nvr_.open();
  if (nvr.device_name == hostname_) nvr.device_name = change.hostname;
  nvr.hostname = change.hostname;
  pending_.registered(nvr, shared_->now());
  // Only once it is durable does the name belong to this actor: the store may find it taken.
  when_durable([tell](const store::Result<fleet::Seq>& head) { tell(head.has_value()); });
  return false;
}

NvrState::Applied NvrState::apply(const RemoveNvr&) {
  if (!exists_) return tl::make_unexpected(OpError::not_found);
  pending_.removed(nvr_.open(), shared_->now());
  exists_ = false;
  removing_ = true;
  grace_.reset();
  if (outlet_) std::exchange(outlet_, nullptr)->close(protocol::CloseCode::unknown_hostname);
  return false;
}

NvrState::Applied NvrState::apply(const RemoveCamera& change) {
  if (!exists_) return tl::make_unexpected(OpError::not_found);
  if (!nvr_.open().remove(change.name)) return tl::make_unexpected(OpError::camera_not_found);
  pending_.registered(nvr_.open(), shared_->now(), 1);
  return false;
}

NvrState::Applied NvrState::apply(const SetNvrStatus& change) {
  if (!exists_) return tl::make_unexpected(OpError::not_found);
  if (!change.online) {
    grace_.reset();
    go_offline(fleet::Cause::manual);
  } else if (!nvr_->online) {
    nvr_.head().online = true;
    if (nvr_->id != 0) shared_->presence.set_unconfirmed(nvr_->id, false);
    pending_.nvr_online(nvr_.open(), {}, shared_->now());
  }
  return false;
}

NvrState::Applied NvrState::apply(const SetCameraStatus& change) {
  if (!exists_) return tl::make_unexpected(OpError::not_found);
  fleet::Camera* camera = nvr_.open().find(change.name);
  if (camera == nullptr) return tl::make_unexpected(OpError::camera_not_found);
  if (camera->status == change.status) return false;
  const std::vector<fleet::StatusChange> changed{{camera->name, camera->status, camera->source, camera->since}};
  const fleet::WallMillis at = shared_->now();
  camera->status = change.status;
  camera->source = fleet::Source::manual;
  camera->since = at;
  pending_.cameras(nvr_.open(), changed, at);
  return false;
}

} // namespace nvrhub::actors
