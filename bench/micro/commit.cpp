// Commits of one change, and of a hundred as they queue up while a disk syncs. On /dev/shm a sync is free, which shows
// the store's own work.
#include <benchmark/benchmark.h>

#include <filesystem>

#include <unistd.h>

#include "heartbeat.hpp"
#include "need.hpp"
#include "store/directory/directory.hpp"

namespace bench {

using namespace nvrhub;

namespace {

/// A directory that is removed with the object.
class Folder {
public:
  explicit Folder(const std::filesystem::path& within) : path_(within / ("nvrhub-bench-" + std::to_string(getpid()))) {}
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

fleet::Nvr nvr_of(fleet::NvrId id) {
  fleet::Nvr nvr;
  nvr.hostname = "DESKTOP-" + std::to_string(id);
  nvr.device_name = nvr.hostname;
  for (std::size_t i = 0; i < camera_count; ++i)
    nvr.add(camera_name(i), camera_address(i));
  return nvr;
}

store::Write registration(fleet::NvrId id) {
  store::Write write;
  fleet::Event& event = write.events.emplace_back();
  event.kind = fleet::Kind::registered;
  event.nvr = nvr_of(id);
  return write;
}

store::Write change(fleet::NvrId id, const fleet::Status& status) {
  store::Write write;
  write.nvr_id = id;
  fleet::Event& event = write.events.emplace_back();
  event.cameras.push_back({camera_name(0), status, fleet::Source::reported});
  event.cameras_updated = 1;
  return write;
}

void commit_all(store::Store& store, std::vector<store::Write> batch) {
  std::vector<store::Result<fleet::NvrId>> outcomes;
  need(store.commit(batch, outcomes));
  for (auto& outcome : outcomes)
    need(std::move(outcome));
}

/// One change in each of `state.range(0)` NVRs in one transaction.
void commit(benchmark::State& state, const std::filesystem::path& within) {
  const auto changes = static_cast<fleet::NvrId>(state.range(0));
  const Folder folder(within);
  const auto directory = need(store::Directory::open(folder.path()));
  std::vector<store::Write> batch;
  for (fleet::NvrId id = 1; id <= changes; ++id)
    batch.push_back(registration(id));
  commit_all(directory->store(), std::move(batch));

  bool is_online = false;
  for (auto _ : state) {
    is_online = !is_online;
    batch.clear();
    for (fleet::NvrId id = 1; id <= changes; ++id)
      batch.push_back(change(id, is_online ? fleet::Status::online() : fleet::Status::offline()));
    commit_all(directory->store(), std::move(batch));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK_CAPTURE(commit, disk, std::filesystem::temp_directory_path())->Arg(1)->Arg(100)->UseRealTime();
BENCHMARK_CAPTURE(commit, ram, "/dev/shm")->Arg(1)->Arg(100)->UseRealTime();

} // namespace

} // namespace bench
