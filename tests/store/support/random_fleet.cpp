#include "store/support/random_fleet.hpp"

#include <algorithm>
#include <cstdlib>

namespace nvrhub::test {

using namespace fleet;
using store::Write;

namespace {

bool chance(Random& random, unsigned percent) {
  return random() % 100 < percent;
}

std::string hostname(Random& random) {
  return "nvr-" + std::to_string(random() % 24);
}
std::string camera_name(Random& random) {
  return "camera " + std::to_string(random() % 7);
}

Status status(Random& random) {
  switch (random() % 4) {
  case 0:
    return *Status::parse("video_loss");
  case 1:
    return Status::offline();
  default:
    return Status::online();
  }
}

Source source(Random& random) {
  return static_cast<Source>(random() % 4);
}

std::vector<CameraChange> changes(Random& random) {
  std::vector<CameraChange> out;
  for (auto n = random() % 4; n > 0; --n)
    out.push_back({camera_name(random), status(random), source(random), status(random)});
  return out;
}

Nvr random_nvr(Random& random) {
  Nvr nvr;
  nvr.id = static_cast<NvrId>(random());
  nvr.hostname = hostname(random);
  nvr.device_name = chance(random, 50) ? "Recorder" : "";
  nvr.site = chance(random, 50) ? "Site" : "";
  nvr.online = chance(random, 50);
  nvr.last_seen = static_cast<WallMillis>(random());
  nvr.session = random();
  for (auto n = random() % 4; n > 0; --n) {
    const std::string name = camera_name(random);
    if (nvr.find(name) != nullptr) continue;
    Camera& camera = nvr.add(name, chance(random, 50) ? "10.0.0.9" : "");
    camera.status = status(random);
    camera.source = source(random);
    camera.since = static_cast<WallMillis>(random() >> 8);
  }
  return nvr;
}

} // namespace

std::uint64_t random_seed() {
  if (const char* const seed = std::getenv("NVRHUB_TEST_SEED")) return std::strtoull(seed, nullptr, 10);
  return std::random_device{}();
}

fleet::NvrSummary random_summary(Random& random) {
  const auto number = [&random] { return static_cast<std::uint32_t>(random()); };
  return {chance(random, 50), chance(random, 50), number(), number(), number()};
}

Event random_event(Random& random) {
  Event event;
  event.kind = static_cast<Kind>(random() % 7);
  event.at = static_cast<WallMillis>(random());
  event.nvr_id = static_cast<NvrId>(random());
  event.hostname = hostname(random);
  event.site = chance(random, 50) ? "Site" : "";
  event.before = random_summary(random);
  event.after = random_summary(random);
  if (chance(random, 30)) {
    event.hostname_before = hostname(random);
    event.site_before = "Before";
  }
  event.cameras = changes(random);
  event.cameras_updated = static_cast<std::uint32_t>(random());
  if (chance(random, 50)) event.cause = static_cast<Cause>(random() % cause_count);
  if (event.kind == Kind::registered || chance(random, 20)) event.nvr = random_nvr(random);
  if (chance(random, 30)) event.detail = "something happened";
  return event;
}

const Nvr* RandomFleet::any_nvr() {
  if (fleet_.empty()) return nullptr;
  return &std::next(fleet_.begin(), static_cast<std::ptrdiff_t>(random_() % fleet_.size()))->second;
}

Nvr RandomFleet::edited(Nvr nvr) {
  if (chance(random_, 30)) nvr.hostname = hostname(random_);
  if (chance(random_, 30)) nvr.site = nvr.site.empty() ? "Site" : "";
  if (chance(random_, 5)) nvr.online = !nvr.online;
  for (auto n = random_() % 3; n > 0; --n) {
    const std::string name = camera_name(random_);
    if (Camera* const camera = nvr.find(name)) {
      if (chance(random_, 30)) {
        nvr.remove(name);
      } else if (chance(random_, 50)) {
        camera->ip_address = "10.0.0." + std::to_string(random_() % 200);
      } else {
        camera->status = status(random_);
        camera->since = clock_;
      }
    } else {
      nvr.add(name, "");
    }
  }
  return nvr;
}

Write RandomFleet::registration() {
  Write write;
  Event event;
  event.kind = Kind::registered;
  event.at = now();
  Nvr nvr;
  nvr.hostname = hostname(random_);
  if (chance(random_, 20)) nvr = random_nvr(random_);
  event.nvr = edited(std::move(nvr));
  write.events.push_back(std::move(event));
  return write;
}

Event RandomFleet::status_event(const Nvr& nvr) {
  constexpr Kind kinds[] = {Kind::nvr_online,  Kind::nvr_online,  Kind::cameras,  Kind::cameras,
                            Kind::nvr_offline, Kind::nvr_offline, Kind::conflict, Kind::registered};
  Event event;
  event.kind = kinds[random_() % std::size(kinds)];
  event.at = now();
  if (event.kind == Kind::nvr_online || event.kind == Kind::cameras) event.cameras = changes(random_);
  if (event.kind == Kind::nvr_offline) event.cause = Cause::timeout;
  if (event.kind == Kind::conflict) event.detail = "two boxes with one name";
  if (event.kind == Kind::registered) event.nvr = edited(nvr);
  return event;
}

Write RandomFleet::change() {
  Write write;
  const Nvr* const nvr = any_nvr();
  write.nvr_id = nvr == nullptr || chance(random_, 3) ? 9'999 : nvr->id;
  for (auto n = random_() % 3; nvr != nullptr && n > 0; --n)
    write.events.push_back(status_event(*nvr));
  if (chance(random_, 60)) write.session = chance(random_, 10) ? 1 : session_ += random_() % 2;
  if (chance(random_, 20)) write.drafted_on = 1 + static_cast<NvrVersion>(random_() % 8); // often stale
  if (chance(random_, 40)) write.last_seen = now();
  if (chance(random_, 5)) {
    Event& event = write.events.emplace_back();
    event.kind = Kind::removed;
    event.at = now();
  }
  return write;
}

Write RandomFleet::next_write() {
  if (chance(random_, 4)) {
    Write write;
    Event& event = write.events.emplace_back();
    event.kind = Kind::admin;
    event.at = now();
    event.detail = "a token was made";
    return write;
  }
  return fleet_.size() < 3 || chance(random_, 12) ? registration() : change();
}

std::vector<Write> RandomFleet::next_batch() {
  std::vector<Write> batch(1 + random_() % 5);
  std::generate(batch.begin(), batch.end(), [this] { return next_write(); });
  return batch;
}

void RandomFleet::committed(const std::vector<Write>& batch, const std::vector<store::Result<NvrId>>& outcomes) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!outcomes[i]) continue;
    for (const Event& event : batch[i].events)
      apply(fleet_, event);
  }
}

} // namespace nvrhub::test
