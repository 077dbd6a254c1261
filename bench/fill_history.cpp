// Fills a data directory with a history as a server writes it: commits, liveness records, checkpoints. For
// bench/history.mjs.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <random>

#include "need.hpp"
#include "store/directory/directory.hpp"

using namespace nvrhub;
using bench::need;

namespace {

constexpr std::size_t writes_a_commit = 1'000;

class Filler {
public:
  Filler(store::Store& store, int nvrs, int cameras, fleet::WallMillis begin)
      : store_(store), now_(static_cast<double>(begin)) {
    for (int i = 0; i < nvrs; ++i) {
      fleet::Nvr& nvr = fleet_.emplace_back();
      nvr.id = static_cast<fleet::NvrId>(i + 1);
      nvr.hostname = "DESKTOP-" + std::to_string(100'000 + i);
      nvr.device_name = "NVR Branch " + std::to_string(i);
      nvr.site = "Site " + std::to_string(i % 200);
      for (int camera = 0; camera < cameras; ++camera) {
        nvr.add("CAM-" + std::to_string(100 + camera),
                "10." + std::to_string(i / 250) + "." + std::to_string(i % 250) + "." + std::to_string(camera + 1));
      }
    }
  }

  void register_all() {
    for (const fleet::Nvr& nvr : fleet_) {
      fleet::Event event = made(fleet::Kind::registered);
      event.nvr = nvr;
      write(0, std::move(event));
    }
  }

  /// Adds one event `step` later: usually a few cameras change, sometimes an NVR goes offline or returns.
  void happen(double step) {
    now_ += step;
    fleet::Nvr& nvr = fleet_[random_() % fleet_.size()];
    if (!nvr.online) {
      fleet::Event event = made(fleet::Kind::nvr_online);
      nvr.online = true;
      for (fleet::Camera& camera : nvr.cameras)
        change(camera, event);
      write(nvr.id, std::move(event));
    } else if (random_() % 100 < 8) {
      fleet::Event event = made(fleet::Kind::nvr_offline);
      event.cause = fleet::Cause::closed;
      nvr.online = false;
      write(nvr.id, std::move(event));
    } else {
      fleet::Event event = made(fleet::Kind::cameras);
      for (auto changes = 1 + random_() % 3; changes > 0; --changes)
        change(nvr.cameras[random_() % nvr.cameras.size()], event);
      write(nvr.id, std::move(event));
    }
  }

  void commit() {
    std::vector<store::Result<fleet::NvrId>> outcomes;
    need(store_.commit(batch_, outcomes));
    std::vector<fleet::NvrId> changed;
    for (auto& outcome : outcomes)
      changed.push_back(need(std::move(outcome)));
    batch_.clear();
    store::LivenessRecord mark;
    mark.now = static_cast<fleet::WallMillis>(now_);
    need(store_.record_liveness(mark));
    need(store_.checkpoint(changed, changed.size() * 1'000));
  }

private:
  fleet::Event made(fleet::Kind kind) const {
    fleet::Event event;
    event.kind = kind;
    event.at = static_cast<fleet::WallMillis>(now_);
    return event;
  }

  void change(fleet::Camera& camera, fleet::Event& event) {
    const auto chance = random_() % 20;
    camera.status = chance == 0   ? fleet::Status::offline()
                    : chance == 1 ? *fleet::Status::parse("video_loss")
                                  : fleet::Status::online();
    event.cameras.push_back({camera.name, camera.status, fleet::Source::reported});
    event.cameras_updated = static_cast<std::uint32_t>(event.cameras.size());
  }

  void write(fleet::NvrId id, fleet::Event event) {
    store::Write& one = batch_.emplace_back();
    one.nvr_id = id;
    one.events.push_back(std::move(event));
    if (batch_.size() == writes_a_commit) commit();
  }

  store::Store& store_;
  std::vector<fleet::Nvr> fleet_;
  std::vector<store::Write> batch_;
  std::mt19937_64 random_{1};
  double now_;
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "usage: fill_history DIR NVRS CAMERAS EVENTS DAYS\n";
    return 2;
  }
  const int nvrs = std::atoi(argv[2]);
  const int events = std::atoi(argv[4]);
  const double length = std::atof(argv[5]) * 86'400e3;
  const auto directory = need(store::Directory::open(argv[1]));
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  const auto end = std::chrono::duration_cast<std::chrono::milliseconds>(wall).count();
  Filler filler(directory->store(), nvrs, std::atoi(argv[3]), end - static_cast<fleet::WallMillis>(length));
  filler.register_all();
  for (int i = nvrs; i < events; ++i)
    filler.happen(length / events);
  filler.commit();
  std::cout << need(need(directory->store().snapshot()).head()) << " events\n";
}
