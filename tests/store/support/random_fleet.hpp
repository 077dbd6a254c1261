#pragma once

#include <random>
#include <string>

#include "fleet/event.hpp"
#include "fleet/replay.hpp"
#include "store/store.hpp"

namespace nvrhub::test {

using Random = std::mt19937_64;

/// NVRHUB_TEST_SEED, to repeat a failure, or a random seed.
std::uint64_t random_seed();

/// An event with random fields, also impossible ones, for the codec.
fleet::Event random_event(Random& random);

/// Generates batches of plausible and impossible Writes, and keeps the state that the committed events produce
/// (fleet/replay.hpp).
class RandomFleet {
public:
  explicit RandomFleet(std::uint64_t seed) : random_(seed) {}

  std::vector<store::Write> next_batch();
  /// Applies the accepted writes to the state.
  void committed(const std::vector<store::Write>& batch, const std::vector<store::Result<fleet::NvrId>>& outcomes);

  const fleet::Fleet& fleet() const { return fleet_; }
  Random& random() { return random_; }

private:
  store::Write next_write();
  store::Write registration();
  store::Write change();
  fleet::Event status_event(const fleet::Nvr& nvr);
  fleet::Nvr edited(fleet::Nvr nvr);
  const fleet::Nvr* any_nvr();
  fleet::WallMillis now() { return clock_ += static_cast<fleet::WallMillis>(random_() % 20) - 3; }

  Random random_;
  fleet::Fleet fleet_;
  fleet::WallMillis clock_ = 1'700'000'000'000;
  fleet::SessionNumber session_ = 1;
};

} // namespace nvrhub::test
