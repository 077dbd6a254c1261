#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/nvr.hpp"
#include "store/store.hpp"

namespace nvrhub::store {

/// The schema that this program reads and writes.
inline constexpr std::uint32_t schema_version = 2;

/// Keys of Table::meta.
namespace meta {
inline constexpr std::string_view schema = "schema";
inline constexpr std::string_view epoch = "epoch";
inline constexpr std::string_view head = "head";
inline constexpr std::string_view counts = "counts";
inline constexpr std::string_view sessions = "sessions";
inline constexpr std::string_view identity = "identity";
inline constexpr std::string_view tokens = "tokens"; // absent: none
} // namespace meta

/// An NVR without its cameras. When it goes offline nothing but this record changes (`offline_seq`, `offline_at`): see
/// is_stale.
struct NvrRecord {
  std::string hostname;
  std::string device_name;
  std::string site;
  bool online = false;
  fleet::SessionNumber session = 0;
  fleet::Seq offline_seq = 0; // of its last nvr_offline
  fleet::WallMillis offline_at = 0;
  // Of its cameras, by effective status; the rest are offline.
  std::uint32_t cameras = 0;
  std::uint32_t cameras_online = 0;
  std::uint32_t cameras_other = 0;

  friend bool operator==(const NvrRecord&, const NvrRecord&) = default;
};

/// A camera's status as it was last set, by the event `seq`.
struct CameraRecord {
  std::string ip_address;
  fleet::Status status;
  fleet::Source source = fleet::Source::reported;
  fleet::WallMillis since = 0;
  fleet::Seq seq = 0;

  friend bool operator==(const CameraRecord&, const CameraRecord&) = default;
};

/// Whether the NVR's going offline took the camera with it, without touching its record. While the NVR is online none
/// of its cameras is stale: whatever brings it online settles those that it does not set.
inline bool is_stale(const CameraRecord& camera, const NvrRecord& nvr) {
  return camera.seq <= nvr.offline_seq && !camera.status.is_offline();
}

/// Makes a stale camera's record say what it means: its effective status.
inline void settle(CameraRecord& camera, const NvrRecord& nvr) {
  camera.status = fleet::Status::offline();
  camera.source = fleet::Source::nvr_unreachable;
  camera.since = nvr.offline_at;
}

struct HostnameRecord {
  fleet::NvrId id = 0;
};

struct SeenRecord {
  fleet::WallMillis last_seen = 0;
};

/// Encoded alike in every schema, so that an older program can tell a newer directory.
struct SchemaRecord {
  std::uint32_t version = schema_version;
};

struct EpochRecord {
  Epoch epoch;
};

/// An NVR after one of its events, in table nvr_events: replaying from here is cheaper than from the beginning.
struct CheckpointRecord {
  fleet::Nvr nvr; // last_seen and session are 0: they are no events'
};

/// A server ran from its first mark to its last one. Runs follow each other and never overlap.
struct RunRecord {
  fleet::WallMillis from = 0;
  fleet::WallMillis to = 0;
};

/// The fleet in numbers, at a time. One a minute; of the last hours one per mark.
struct SampleRecord {
  fleet::Seq head = 0;
  Counts counts;
};

/// The ends of the log, and the number that the next new NVR gets.
struct HeadRecord {
  fleet::Seq begin = 1;
  fleet::WallMillis begin_at = 0; // of the event before: the base state is that of this time; 0: nothing was pruned
  fleet::Seq seq = 0;
  fleet::WallMillis at = 0;
  fleet::NvrId next_nvr = 1;
};

struct SessionsRecord {
  fleet::SessionNumber ceiling = 0;
};

/// Ids of the access tokens that events told of (Write::tokens_told).
struct TokensRecord {
  std::vector<std::string> ids;
};

/// Of the sidecar file that ties the store to its directory (epoch_file.hpp).
struct IdentityRecord {
  std::uint64_t inode = 0;
  std::int64_t changed_ns = 0;  // its ctime
  std::uint64_t run = 0;        // its content
  std::uint64_t data_inode = 0; // of data.mdb
  bool rewriting = false;       // a server was about to rewrite the sidecar in place

  friend bool operator==(const IdentityRecord&, const IdentityRecord&) = default;
};

} // namespace nvrhub::store
