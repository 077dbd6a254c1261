// Commits of one change, and of a hundred as they queue up while a disk syncs. On /dev/shm a sync is free, which shows
// the store's own work.
#include <benchmark/benchmark.h>

#include <filesystem>

#include "need.hpp"
#include "store/directory/directory.hpp"
#include "writes.hpp"

namespace bench {

using namespace nvrhub;

namespace {

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
    batch.push_back(registration_of(id));
  commit_all(directory->store(), std::move(batch));

  bool is_online = false;
  for (auto _ : state) {
    is_online = !is_online;
    batch.clear();
    for (fleet::NvrId id = 1; id <= changes; ++id)
      batch.push_back(change_of(id, is_online ? fleet::Status::online() : fleet::Status::offline()));
    commit_all(directory->store(), std::move(batch));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK_CAPTURE(commit, disk, std::filesystem::temp_directory_path())->Arg(1)->Arg(100)->UseRealTime();
BENCHMARK_CAPTURE(commit, ram, "/dev/shm")->Arg(1)->Arg(100)->UseRealTime();

} // namespace

} // namespace bench
