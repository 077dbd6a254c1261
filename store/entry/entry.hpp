#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "store/store.hpp"

namespace nvrhub::store {

/// The arguments of one change of a store, as values. The problem they solve: several servers that apply the same
/// entries in the same order must hold the same data, so what an entry changes depends only on the entry and the
/// store, not on a clock, a setting or the memory of a process (commit/apply.hpp).
///
/// A single server calls the functions of Store, which apply the same arguments without encoding them. Only a cluster
/// has entries of the kinds from NodeJoined on.
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

/// An origin joins: from now on it may claim NVRs. All other boots of its node are lost at the same time. No effect on
/// an origin that has joined before or is lost. A node appends it as the first entry of its boot.
struct NodeJoined {
  Origin origin;
  std::string announcement; // at most max_announcement bytes
  fleet::WallMillis at = 0;
  std::uint64_t grace_ms = 0; // of the boots that are lost by it
};

/// An origin is lost: it can claim nothing more, and `grace_ms` after `at` its NVRs expire. Final; no effect on an
/// origin that is unknown or lost already.
struct NodeLost {
  Origin origin;
  fleet::WallMillis at = 0;
  std::uint64_t grace_ms = 0;
};

/// A session of the entry's origin with an NVR, which replaces the NVR's session.
struct Claim {
  std::string hostname;
  fleet::SessionNumber old_session = 0; // a re-claim: fenced unless it is the NVR's session; 0: a new connection
};

/// Each claim has an outcome of its own.
struct Claims {
  std::vector<Claim> claims;
};

inline constexpr std::uint64_t max_expired = 4'096; // per entry

/// NVRs that are online by a session of a lost origin go offline (Cause::node_lost), at most `limit` and max_expired of
/// them, by ascending id.
/// When none is left the origin is forgotten. No effect on an origin that is unknown or not lost.
struct Expire {
  Origin origin;
  fleet::WallMillis at = 0; // of the events: the end of the grace
  std::uint64_t limit = 0;
};

inline constexpr std::uint32_t max_parts = 64;

/// A part of an encoded entry that is too large for the log. An origin appends all parts one after another; the last
/// one applies the entry. The parts of an origin that is lost meanwhile are dropped.
struct Part {
  std::uint32_t index = 0;
  std::uint32_t count = 0; // 2 to max_parts
  std::string bytes;
};

} // namespace entry

using Entry = std::variant<entry::Batch, entry::Liveness, entry::Prune, entry::Checkpoint, entry::Sessions,
                           entry::NodeJoined, entry::NodeLost, entry::Claims, entry::Expire, entry::Part>;

} // namespace nvrhub::store
