#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "notify/request.hpp"

namespace nvrhub::notify {

/// The messages that wait for one channel: sent in order, one at a time, each until it is delivered or dropped. A value
/// without thread and clock; a dead channel delays no other because each has its own.
///
///   outbox.add(message.id, now);
///   if (const auto attempt = outbox.next(now)) client.send(...);   // at next_deadline(), or after a change
///   outbox.complete(outcome, now);
///   for (const Report& report : outbox.take_reports()) ...          // move the cursor in the store
///
/// - A failed attempt is repeated after 1 s, 2 s, 4 s ... up to 10 min, each time shortened by up to half at random, so
/// that
///   channels that failed together do not return together. A Retry-After of 429 or 503 is waited for, up to an hour.
/// - After 72 h a message is dropped.
/// - 410 turns the channel off: what waits and what comes is dropped.
/// - A message that the receiver refuses for its content (HTTP 400, 413, 415, 422; SMTP 552, 554) is dropped after 8
///   attempts, some two minutes: it would hold up all that follow.
/// - At most 10,000 messages wait; the oldest are dropped.
/// THREADS: one at a time. Times are in milliseconds of one clock; after a step back of it, nothing waits longer than
/// the longest pause.
class Outbox {
public:
  struct Settings {
    fleet::WallMillis first_pause = 1'000;
    fleet::WallMillis max_pause = 10 * 60'000;
    fleet::WallMillis max_retry_after = 60 * 60'000;
    fleet::WallMillis lifetime = 72 * 60 * 60'000LL;
    unsigned max_refusals = 8;
    std::size_t max_messages = 10'000;
  };
  struct Report {
    std::string id; // of the message
    bool delivered = false;
    unsigned attempts = 0;
    std::string reason; // dropped: why
  };

  explicit Outbox(std::uint64_t seed) : Outbox(seed, Settings{}) {}
  Outbox(std::uint64_t seed, const Settings& settings) : settings_(settings), random_(seed) {}

  /// `at`: when the message was made, from which its lifetime counts.
  void add(std::string id, fleet::WallMillis at);
  /// The message to send now, which is in flight from then on. Nothing: none is due.
  std::optional<std::string> next(fleet::WallMillis now);
  /// What came of the message in flight.
  void complete(const Outcome& outcome, fleet::WallMillis now);
  /// Drops the message in flight. For one that cannot be sent at all.
  void discard(std::string reason);
  /// When next() has something to do.
  std::optional<fleet::WallMillis> next_deadline() const;
  std::vector<Report> take_reports() { return std::exchange(reports_, {}); }

  std::size_t size() const { return messages_.size(); } // the one in flight included
  bool is_off() const { return is_off_; }
  const std::string& last_error() const { return last_error_; } // empty after a delivery

private:
  struct Message {
    std::string id;
    fleet::WallMillis at = 0;
    unsigned attempts = 0;
    unsigned refusals = 0; // in a row
  };

  void drop_first(std::string reason);
  void drop_all(const std::string& reason);
  fleet::WallMillis pause_after(const Outcome& outcome);
  std::uint64_t random();

  Settings settings_;
  std::uint64_t random_;
  std::deque<Message> messages_;
  std::vector<Report> reports_;
  std::string last_error_;
  unsigned failures_ = 0;            // in a row, of any message
  fleet::WallMillis not_before_ = 0; // 0: at once
  bool is_in_flight_ = false;
  bool is_off_ = false;
};

} // namespace nvrhub::notify
