#pragma once

#include <string>
#include <vector>

#include "store/directory/directory.hpp"
#include "store/support/random_fleet.hpp"
#include "store/support/stores.hpp"

namespace nvrhub::test {

/// Commits batches of a random fleet to `store` and prunes some of its log.
inline void run_batches(Store& store, std::uint64_t seed, int batches) {
  RandomFleet model(seed);
  std::vector<Result<NvrId>> outcomes;
  for (int i = 0; i < batches; ++i) {
    std::vector<Write> batch = model.next_batch();
    good(store.commit(batch, outcomes));
    model.committed(batch, outcomes);
  }
  const auto events = events_in(store);
  if (!events.empty()) good(store.prune(events[events.size() / 3].at, events.size() / 4));
}

/// A directory that a server has written and closed.
inline void make_directory(const fs::path& path, std::uint64_t seed, int batches = 60) {
  const auto directory = good(Directory::open(path));
  run_batches(directory->store(), seed, batches);
}

inline Epoch epoch_of(const fs::path& path) {
  const auto directory = good(Directory::open(path));
  return good(good(directory->store().snapshot()).epoch());
}

} // namespace nvrhub::test
