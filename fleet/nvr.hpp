#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/status.hpp"

namespace nvrhub::fleet {

/// Wall-clock time from the server's clock: milliseconds since 1970-01-01 UTC. Not monotonic: no timeout depends on it.
using WallMillis = std::int64_t;
/// The number of an event: 1, 2, ... without gaps.
using Seq = std::uint64_t;
/// The number of an NVR: 1, 2, ... never reused. 0: not registered yet.
using NvrId = std::uint32_t;
/// The fencing token of a session: larger than any before it.
using SessionNumber = std::uint64_t;
/// Counts the changes of one NVR, so that a change which was drafted on an older state of it is detected. Only equality
/// has a meaning: after the largest number comes 1. 0: none, e.g. not registered yet.
using NvrVersion = std::uint32_t;

struct Camera {
  std::string name;
  std::string ip_address; // empty: never reported
  Status status;
  Source source = Source::reported;
  WallMillis since = 0; // when `status` began; 0: unchanged since the registration

  friend bool operator==(const Camera&, const Camera&) = default;
};

/// One recorder without its cameras.
struct NvrHead {
  NvrId id = 0;
  NvrVersion version = 0; // of the store that it was read from; events and checkpoints do not have it
  std::string hostname;
  std::string device_name; // defaults to the hostname
  std::string site;        // empty: none
  bool online = false;
  WallMillis last_seen = 0;  // of the last auth or heartbeat that was flushed; 0: never
  SessionNumber session = 0; // of the last write that changed it

  friend bool operator==(const NvrHead&, const NvrHead&) = default;
};

/// One recorder and its cameras with the statuses that users see ("effective": all `offline` while the NVR is offline,
/// unless a manual status was set since; protocol.md, "Reconcile"). A plain value.
struct Nvr : NvrHead {
  std::vector<Camera> cameras; // ordered by name, unique

  /// The camera called `name`, or nullptr. `hint` is the index to try first; in the order of names it is the one after
  /// the last camera, and no search is needed.
  const Camera* find(std::string_view name, std::size_t hint = 0) const;
  Camera* find(std::string_view name, std::size_t hint = 0);

  /// Inserts an offline camera in the order of names; returns it. REQUIRES: no camera has this name.
  Camera& add(std::string_view name, std::string_view ip_address, std::size_t hint = 0);
  /// False if there is no such camera.
  bool remove(std::string_view name);

  friend bool operator==(const Nvr&, const Nvr&) = default;
};

} // namespace nvrhub::fleet
