#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fleet/nvr.hpp"

namespace nvrhub::store {

// What a store knows of the replicated log that it applies (log/log.hpp defines the log; the store does not use it).

/// The place of an entry in the log. Grows, with gaps; 0: before the first entry.
using LogPosition = std::uint64_t;

/// One run of one node: the sender of entries.
struct Origin {
  std::string node; // is_node_name()
  std::uint64_t boot = 0;

  friend auto operator<=>(const Origin&, const Origin&) = default; // NOLINT(modernize-use-nullptr): clang's own 0
};

/// The number of an origin in the stores: 1, 2, ... in the order in which they first appear in the log, never reused.
/// 0: none, as on a single server.
using OriginNumber = std::uint32_t;

inline constexpr std::size_t max_node_name = 64;
inline constexpr std::size_t max_announcement = 4'096;

/// 1 to max_node_name of A-Z a-z 0-9 . _ -
bool is_node_name(std::string_view text);

/// Identifies a cluster: the log has the same one as the stores that apply it. 16 hex digits, chosen at random.
using ClusterId = std::string;

/// Whether a text is 16 hex digits, in lower case.
bool is_cluster_id(std::string_view text);

/// A hash of an entry and of all entries before it: XXH3-128 as its 16 canonical bytes.
struct ChainHash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend bool operator==(const ChainHash&, const ChainHash&) = default;
};

/// The chain hash at a position. Two stores that have different hashes at one position have applied different entries.
struct ChainLink {
  LogPosition position = 0; // 0: nothing applied
  ChainHash hash;

  friend bool operator==(const ChainLink&, const ChainLink&) = default;
};

/// How many of the last links a store keeps for comparison with those that peers name.
inline constexpr std::uint64_t max_links = 1'024;

/// One entry of the log. `bytes`: entry/codec.hpp; valid during the call that takes them.
struct LogEntry {
  LogPosition position = 0;
  Origin origin;
  std::uint64_t number = 0; // of this origin's entries, from 1 on, without gaps
  std::string_view bytes;
};

/// What a store knows of an origin.
struct OriginState {
  OriginNumber number = 0;
  std::uint64_t last_entry = 0; // number of its last entry
  bool joined = false;          // a node_joined was applied
  LogPosition joined_position = 0;
  fleet::WallMillis joined_at = 0;
  std::string announcement; // what the node told its peers
  bool lost = false;        // final
  LogPosition lost_position = 0;
  fleet::WallMillis lost_at = 0;
  std::uint64_t grace_ms = 0; // from lost_at until the NVRs of a lost origin expire

  friend bool operator==(const OriginState&, const OriginState&) = default;
};

/// The outcome of a claim that applied.
struct Claimed {
  fleet::NvrId nvr_id = 0;          // 0: the hostname is not registered
  fleet::SessionNumber session = 0; // the new session
  fleet::NvrVersion version = 0;    // of the NVR after the claim
  fleet::SessionNumber former = 0;  // the session that it replaces; 0: none
  OriginNumber former_holder = 0;   // of that session

  friend bool operator==(const Claimed&, const Claimed&) = default;
};

} // namespace nvrhub::store
