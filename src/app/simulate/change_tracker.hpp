#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "app/simulate/latency.hpp"
#include "app/simulate/sim_fleet.hpp"

namespace nvrhub::app::sim {

/// What a dashboard must have shown. Joins the NVRs' side (sent, acked with `seq` and `cameras_updated`) to the
/// measuring dashboard's (an update for a hostname with its `seq`); either may come first. Thread-safe.
///
/// An update shows an acked change if it names the same NVR as online, came after the change was sent, and its `seq` is
/// above the one that showed the NVR's change before and not above the ack's. (An ack may name a later head than the
/// change's own event, and the server may merge changes that wait for one commit: these share the ack's `seq` and are
/// shown by one update.) An auth's answer bears no `seq`: there `cameras_updated` must be equal.
class ChangeTracker {
public:
  explicit ChangeTracker(const FleetSpec& spec);

  /// A message that will change something has gone out. `id` is that of the message.
  void sent(std::uint32_t index, std::uint64_t id, bool auth, TimePoint at);
  /// It was answered. `cameras_updated` 0: the server saw no change, so nothing is to be shown.
  void acked(std::uint32_t index, std::uint64_t id, std::uint64_t seq, std::uint32_t cameras_updated);
  /// It was answered with an error.
  void refused(std::uint32_t index, std::uint64_t id);
  /// The connection is gone: what was not acked may or may not have arrived.
  void cut_off(std::uint32_t index);

  /// The measuring dashboard received a `nvr_status_update`. `status` is empty if it had none.
  void shown(std::string_view hostname, std::uint64_t seq, std::uint32_t cameras_updated, std::string_view status,
             TimePoint at);
  /// The measuring dashboard is connected or not. What it may have missed is not counted as lost.
  void watching(bool connected);

  struct Result {
    Latency change;                 // heartbeat to dashboard
    Latency auth;                   // auth to dashboard
    std::uint64_t outstanding = 0;  // acked, not shown: lost if nothing more comes
    std::uint64_t unmeasured = 0;   // the dashboard was away
    std::uint64_t updates = 0;      // all that came in
    std::uint64_t foreign = 0;      // of these, for hostnames of somebody else
    std::uint32_t shown_online = 0; // NVRs seen online at least once
    TimePoint last_first_online;    // when the last of those was
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
    std::vector<Update> updates;  // that may show one of them
    Update last{};                // the update that showed the change before
    std::uint64_t last_acked = 0; // the ack's seq of that change
    bool seen_online = false;
  };

  bool match(Nvr& nvr, const Change& change);
  void settle(Nvr& nvr);
  void forget(Nvr& nvr, std::uint64_t id);

  const FleetSpec& spec_;
  mutable std::mutex mutex_;
  std::vector<Nvr> nvrs_;
  Result result_;
  bool watching_ = false;
};

} // namespace nvrhub::app::sim
