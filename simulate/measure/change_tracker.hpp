#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "simulate/fleet.hpp"
#include "simulate/measure/latency.hpp"

namespace nvrhub::simulate {

/// Checks that every acknowledged change reaches the measuring dashboard, and measures the latency. Matches what NVRs
/// sent (acked with `seq` and `cameras_updated`) with the dashboard's updates (hostname and `seq`), in either order.
/// THREADS: any.
///
/// An update shows an acked change if it names the same NVR as online, arrived after the change was sent, and its `seq`
/// is above that of the update for the NVR's previous change and at most that of the ack. (The ack's `seq` may be a
/// later head than the change's own event, and the server may merge changes that wait for one commit: these share the
/// ack's `seq` and are shown by one update.) The answer to an auth has no `seq`: there `cameras_updated` must be equal.
class ChangeTracker {
public:
  explicit ChangeTracker(const FleetSpec& spec);

  /// A message with a change was sent; `id` is the message's.
  void sent(std::uint32_t index, std::uint64_t id, bool auth, TimePoint at);
  /// It was acknowledged. `cameras_updated` 0: the server saw no change, so no update is expected.
  void acked(std::uint32_t index, std::uint64_t id, std::uint64_t seq, std::uint32_t cameras_updated);
  /// It was answered with an error.
  void refused(std::uint32_t index, std::uint64_t id);
  /// The connection ended: messages without an ack may or may not have arrived.
  void connection_lost(std::uint32_t index);

  /// The measuring dashboard received a `nvr_status_update`. `status` is empty if it had none.
  void shown(std::string_view hostname, std::uint64_t seq, std::uint32_t cameras_updated, std::string_view status,
             TimePoint at);
  /// Whether the measuring dashboard is connected. Changes while it is not are unmeasured, not lost.
  void watching(bool connected);

  struct Result {
    Latency change;                 // heartbeat to dashboard
    Latency auth;                   // auth to dashboard
    std::uint64_t outstanding = 0;  // acked, not shown yet: lost if still so at the end
    std::uint64_t unmeasured = 0;   // the dashboard was disconnected
    std::uint64_t updates = 0;      // received
    std::uint64_t foreign = 0;      // of these, for hostnames outside the fleet
    std::uint32_t shown_online = 0; // NVRs seen online at least once
    TimePoint last_first_online;    // time of the last one
    std::string first_outstanding;  // hostname, for the report
  };
  Result result() const;
  /// Cheaper than `result`.
  std::uint64_t outstanding() const;

private:
  struct Change {
    std::uint64_t id;
    TimePoint sent;
    bool auth;
    bool acked = false;
    std::uint64_t seq = 0;
    std::uint32_t cameras = 0;
  };
  struct Update {
    std::uint64_t seq;
    std::uint32_t cameras;
    TimePoint at;
  };
  struct Nvr {
    std::vector<Change> open;     // in the order sent
    std::vector<Update> updates;  // candidates to show one of them
    Update last{};                // the update that showed the previous change
    std::uint64_t last_acked = 0; // the ack's seq of that change
    bool seen_online = false;
  };

  bool match(Nvr& nvr, const Change& change);
  void resolve_shown(Nvr& nvr);
  void discard(Nvr& nvr, std::uint64_t id);

  const FleetSpec& spec_;
  mutable std::mutex mutex_;
  std::vector<Nvr> nvrs_;
  Result result_;
  bool watching_ = false;
};

} // namespace nvrhub::simulate
