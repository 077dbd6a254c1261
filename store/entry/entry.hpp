#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "store/store.hpp"

namespace nvrhub::store {

/// The arguments of one change of a store, as values. The problem they solve: several servers that apply the same
/// entries in the same order must hold the same data, so what an entry changes depends only on the entry and the
/// store, not on a clock, a setting or the memory of a process (commit/apply.hpp).
///
/// A single server calls the functions of Store, which apply the same arguments without encoding them.
namespace entry {

/// Store::commit
struct Batch {
  std::vector<Write> writes;
};

/// Store::record_liveness
using Liveness = LivenessRecord;

/// Store::prune
struct Prune {
  fleet::WallMillis before = 0;
  std::uint64_t limit = 0;
};

/// Store::checkpoint
struct Checkpoint {
  std::vector<fleet::NvrId> changed;
  std::uint64_t max = 0;
};

/// Store::reserve_sessions
struct Sessions {
  std::uint64_t count = 0;
};

} // namespace entry

using Entry = std::variant<entry::Batch, entry::Liveness, entry::Prune, entry::Checkpoint, entry::Sessions>;

} // namespace nvrhub::store
