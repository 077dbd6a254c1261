#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "simulate/measure/latency.hpp"

namespace nvrhub::simulate {

/// Counts and latencies of the NVRs of one thread, or of all threads.
struct Totals {
  // gauges
  std::uint64_t online = 0;
  std::uint64_t answered_ever = 0; // NVRs that were authenticated at least once
  TimePoint last_first_auth;       // time of the last one

  std::uint64_t auths = 0;
  std::uint64_t auth_oks = 0;
  std::uint64_t reports = 0; // heartbeats
  std::uint64_t acks = 0;
  std::uint64_t changes = 0;        // heartbeats in which a camera differs from the previous one
  std::uint64_t miscounted = 0;     // acks whose cameras_updated differs from the change
  std::uint64_t skipped = 0;        // camera entries that the server refused
  std::uint64_t delayed = 0;        // heartbeats that waited until the previous one was written
  std::uint64_t reconnects = 0;     // connections after the first of an NVR that were authenticated
  std::uint64_t drops_clean = 0;    // by churn, with a close frame
  std::uint64_t drops_abrupt = 0;   // by churn, without
  std::uint64_t cut_off = 0;        // messages without an answer when their connection ended
  std::uint64_t timeouts = 0;       // connections, upgrades or auths that took too long
  std::uint64_t gave_up = 0;        // NVRs that do not reconnect because of a close code
  std::uint64_t unanswered = 0;     // messages on open connections without an answer at the very end
  std::uint64_t not_understood = 0; // messages that are not a JSON object

  std::map<std::string, std::uint64_t> errors;        // by `code`
  std::map<unsigned, std::uint64_t> closes;           // by the server's close code
  std::map<unsigned, std::uint64_t> refusals;         // by HTTP status of the upgrade
  std::map<std::string, std::uint64_t> connect_fails; // by the system's message
  std::map<std::string, std::uint64_t> breaks;        // connections that ended without a close frame

  Latency ack;  // heartbeat to ack
  Latency auth; // auth to auth_ok

  Totals& operator+=(const Totals& other);
};

/// One thread's totals, read by other threads now and then; the lock is almost never contended.
class Stats {
public:
  template <typename Change>
  void update(Change&& change) {
    const std::lock_guard lock(mutex_);
    change(totals_);
  }
  Totals snapshot() const {
    const std::lock_guard lock(mutex_);
    return totals_;
  }

private:
  mutable std::mutex mutex_;
  Totals totals_;
};

} // namespace nvrhub::simulate
