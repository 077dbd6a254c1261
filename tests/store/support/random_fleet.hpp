#pragma once

#include <random>
#include <string>

#include "fleet/event.hpp"
#include "fleet/replay.hpp"
#include "store/store.hpp"

namespace nvrhub::test {

using Random = std::mt19937_64;

/// From NVRHUB_TEST_SEED, to run a failure again, or a new one.
std::uint64_t random_seed();

/// Any event at all, for the codec.
fleet::Event random_event(Random& random);

/// Makes batches of Writes as a fleet would, and some that it never would: it keeps the state that the events so
/// far make by fleet/replay.hpp.
class RandomFleet {
public:
  explicit RandomFleet(std::uint64_t seed) : random_(seed) {}

  std::vector<store::Write> next_batch();
  /// Takes what was committed into the state.
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
