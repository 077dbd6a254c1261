#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/nvr.hpp"
#include "store/store.hpp"

namespace nvrhub::store {

// The records of the tables (backend.hpp). codec.hpp encodes them.

/// The schema that this program reads and writes.
inline constexpr std::uint32_t schema_version = 5;

/// Keys of Table::meta.
namespace meta {
inline constexpr std::string_view schema = "schema";
inline constexpr std::string_view epoch = "epoch";
inline constexpr std::string_view head = "head";
inline constexpr std::string_view counts = "counts";
inline constexpr std::string_view sessions = "sessions";
inline constexpr std::string_view identity = "identity";
inline constexpr std::string_view tokens = "tokens"; // absent: no tokens
// Since 0.3. An older version ignores them, and removes neither.
inline constexpr std::string_view clock = "clock";     // absent: see fleet::ServerClock
inline constexpr std::string_view sidecar = "sidecar"; // in place of `identity`, which an older version writes again
inline constexpr std::string_view log = "log";         // absent: no entry of a replicated log was applied
inline constexpr std::string_view cluster = "cluster"; // absent: the data are of no cluster

/// Whether a row names the files of its own directory, so that no copy may have it.
inline constexpr bool identifies_directory(std::string_view key) {
  return key == identity || key == sidecar;
}
} // namespace meta

/// An NVR without its cameras. When it goes offline, only this record is written (`offline_seq`, `offline_at`), not its
/// cameras: see is_stale.
struct NvrRecord {
  std::string hostname;
  std::string device_name;
  std::string site;
  bool online = false;
  fleet::SessionNumber session = 0;
  fleet::Seq offline_seq = 0; // of its last nvr_offline event
  fleet::WallMillis offline_at = 0;
  // Numbers of cameras, by effective status; the rest are offline.
  std::uint32_t cameras = 0;
  std::uint32_t cameras_online = 0;
  std::uint32_t cameras_other = 0;
  fleet::NvrVersion version = 0; // advanced by each Write that changes the NVR; in the base state 0
  // The origin that holds `session`; 0: none, as on a single server and in the base state. The row of an origin that
  // was lost is removed while NVRs that are offline still name it.
  OriginNumber holder = 0;

  friend bool operator==(const NvrRecord&, const NvrRecord&) = default;
};

/// A camera with the status that event `seq` set.
struct CameraRecord {
  std::string ip_address;
  fleet::Status status;
  fleet::Source source = fleet::Source::reported;
  fleet::WallMillis since = 0;
  fleet::Seq seq = 0;

  friend bool operator==(const CameraRecord&, const CameraRecord&) = default;
};

/// True: the NVR went offline after the camera's status was set, so the effective status is offline although the record
/// has another. While the NVR is online none of its cameras is stale: the event that brings it online resolves those
/// that it does not set.
inline bool is_stale(const CameraRecord& camera, const NvrRecord& nvr) {
  return camera.seq <= nvr.offline_seq && !camera.status.is_offline();
}

/// Sets the record of a stale camera to the effective status.
inline void resolve_stale(CameraRecord& camera, const NvrRecord& nvr) {
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

/// Encoded identically in every schema: an older program recognizes a newer directory.
struct SchemaRecord {
  std::uint32_t version = schema_version;
};

struct EpochRecord {
  Epoch epoch;
};

/// An NVR after one of its events, in table nvr_events. It bounds the number of events to replay for a past state.
struct CheckpointRecord {
  fleet::Nvr nvr; // without what events do not have: clear_unlogged()
};

/// The time from the first to the last liveness record of a server. Runs are ordered and do not overlap.
struct RunRecord {
  fleet::WallMillis from = 0;
  fleet::WallMillis to = 0;
};

/// The fleet's counts at one time: one per minute, and one per liveness record in the last two hours.
struct SampleRecord {
  fleet::Seq head = 0;
  Counts counts;
};

/// The first and last event of the log, and the id of the next new NVR.
struct HeadRecord {
  fleet::Seq begin = 1;
  fleet::WallMillis begin_at = 0; // time of the last pruned event, and so of the base state; 0: nothing pruned
  fleet::Seq seq = 0;
  fleet::WallMillis at = 0;
  fleet::NvrId next_nvr = 1;
};

struct SessionsRecord {
  fleet::SessionNumber ceiling = 0;
};

/// What the alert engine stores under one key (actors/alerts).
struct AlertRecord {
  std::string bytes;
};

/// See Write::tokens_logged.
struct TokensRecord {
  std::vector<std::string> ids;
};

/// Identity of the sidecar as versions up to 0.2 write it (directory/epoch_file.hpp).
struct IdentityRecord {
  std::uint64_t inode = 0;
  std::int64_t changed_ns = 0;  // its ctime
  std::uint64_t run = 0;        // its content
  std::uint64_t data_inode = 0; // of data.mdb
  bool rewriting = false;       // a server has begun to rewrite the sidecar in place

  friend bool operator==(const IdentityRecord&, const IdentityRecord&) = default;
};

/// The sidecar as a server left it, and data.mdb (directory/epoch_file.hpp).
struct SidecarRecord {
  std::uint64_t inode = 0;
  std::int64_t born_ns = 0;    // time of birth of the inode; 0: the file system has none
  std::int64_t changed_ns = 0; // its ctime
  std::uint64_t run = 0;       // its content
  std::uint64_t data_inode = 0;
  std::int64_t data_born_ns = 0;
  bool sealed = false;              // written by a server that stopped: it wrote nothing after it
  std::uint64_t replaced_inode = 0; // the sidecar that this one is about to replace; 0: it has
  std::uint64_t replaced_run = 0;

  friend bool operator==(const SidecarRecord&, const SidecarRecord&) = default;
};

/// What was applied of the replicated log.
struct LogRecord {
  ChainLink last;
  std::uint64_t entries = 0;    // how many were applied, also by the stores of which this one is a copy
  OriginNumber next_origin = 1; // the number of the next new origin
};

struct ClusterRecord {
  ClusterId id;
};

/// The hash of a ChainLink, in table chain under its position.
struct ChainRecord {
  ChainHash hash;
};

/// See entry::Part, in table parts.
struct PartRecord {
  std::string bytes;
};

/// See fleet::ServerClock::vouched().
struct ClockRecord {
  fleet::WallMillis vouched = 0;
};

} // namespace nvrhub::store
