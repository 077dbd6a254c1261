#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/status.hpp"

namespace nvrhub::fleet {

/// Wall-clock time from the server's clock: milliseconds since 1970-01-01 UTC. Never decides a timeout.
using WallMillis = std::int64_t;
/// 1, 2, ... without gaps: the number of an event.
using Seq = std::uint64_t;
/// 1, 2, ... never reused. 0: not registered yet.
using NvrId = std::uint32_t;
/// The fencing token of a session: larger than any before it.
using SessionNumber = std::uint64_t;

struct Camera {
  std::string name;
  std::string ip_address; // empty: never told
  Status status;
  Source source = Source::reported;
  WallMillis since = 0; // when `status` began; 0: registered, never had another

  friend bool operator==(const Camera&, const Camera&) = default;
};

/// One recorder without its cameras.
struct NvrHead {
  NvrId id = 0;
  std::string hostname;
  std::string device_name; // defaults to the hostname
  std::string site;        // empty: none
  bool online = false;
  WallMillis last_seen = 0;  // of the last auth or heartbeat that was flushed; 0: never
  SessionNumber session = 0; // of the last write that changed it

  friend bool operator==(const NvrHead&, const NvrHead&) = default;
};

/// One recorder and its cameras with the statuses that users see ("effective": all `offline` while the NVR is offline,
/// unless set by hand since). A plain value; whoever holds it owns it.
struct Nvr : NvrHead {
  std::vector<Camera> cameras; // ordered by name, unique

  /// The camera called `name`, or nullptr. `hint` is the index to try first.
  const Camera* find(std::string_view name, std::size_t hint = 0) const;
  Camera* find(std::string_view name, std::size_t hint = 0);

  /// Adds an offline camera in its place; returns it. The name must not be there yet.
  Camera& add(std::string_view name, std::string_view ip_address);
  /// False if there is no such camera.
  bool remove(std::string_view name);

  friend bool operator==(const Nvr&, const Nvr&) = default;
};

} // namespace nvrhub::fleet
