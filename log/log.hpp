#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "log/error.hpp"

namespace nvrhub::log {

/// The place of an entry in the replicated log. Positions grow, with gaps; 0 is before the first entry.
using Position = std::uint64_t;

/// One run of one node. A node takes a new, larger or random `boot` each time it joins; none is used twice.
struct Origin {
  std::string node; // 1 to 64 of A-Z a-z 0-9 . _ -
  std::uint64_t boot = 0;

  friend bool operator==(const Origin&, const Origin&) = default;
};

/// `bytes` are valid during the call that delivers them.
struct Entry {
  Position position = 0;
  Origin origin;
  std::uint64_t number = 0; // of this origin's entries, from 1 on, without gaps
  std::string_view bytes;
};

/// A node has joined, with the bytes that it announces to its peers.
struct Joined {
  Position position = 0;
  Origin origin;
  std::string_view announcement;
};

/// The lease of a node has ended: nothing of this origin follows. Every follower sees it between the same two entries.
struct Vanished {
  Position position = 0;
  Origin origin;
};

/// The log was trimmed beyond the wanted entries. Nothing follows: a backup of a peer is needed, then a new follow().
struct TooFarBehind {
  Position trimmed = 0; // entries up to here may be gone
};

using Delivery = std::variant<Entry, Joined, Vanished, TooFarBehind>;

struct Member {
  Origin origin;
  Position joined = 0;
  std::string announcement;
};

/// The number of the last entry of each origin whose last entry the engine keeps.
struct LastEntries {
  struct Number {
    Origin origin;
    std::uint64_t number = 0;
  };
  std::vector<Number> numbers;
  bool is_complete = true; // else there are more
  Position trimmed = 0;    // the last entries up to here of origins whose lease has ended may be gone
};

/// The cluster that a log belongs to. Everything that it has is after `position`.
struct Founded {
  std::string identity;
  Position position = 0;

  friend bool operator==(const Founded&, const Founded&) = default;
};

struct AppendError {
  enum class Kind : std::uint8_t {
    /// The fence is lost: nothing of this origin is appended from now on. The entry is not in the log, unless it was
    /// and has been trimmed.
    refused,
    /// No member answered in time: the entry may be in the log, or be appended later. retry() finds out.
    unknown,
    /// The call breaks a rule of append(); nothing was sent.
    invalid,
  };
  Kind kind = Kind::unknown;
  std::string text;
};

enum class Lease : std::uint8_t {
  none,        // not joined yet
  alive,       // a keep-alive that was answered was sent less than the lease's time ago
  unconfirmed, // it was sent longer ago: peers may see this node as vanished. May become alive again
  lost,        // the lease has ended. Final: the node joins again as a new origin, with a new Log
};

struct Liveness {
  Lease lease = Lease::none;
  std::chrono::nanoseconds left{0}; // until an alive lease becomes unconfirmed
};

struct Health {
  bool has_leader = false; // of the engine, as of the last answer
  std::string endpoint;    // that is in use
  std::string version;     // of the engine
  Position head = 0;       // the newest position that is known
  Position followed = 0;   // everything up to here was delivered
  std::string problem;     // for people; empty: none
  std::string warning;     // about the engine's version, for people; empty: none
};

/// One replicated, ordered, durable log that several nodes append to and follow: the port behind which a cluster's
/// engine stands. It knows bytes only. An entry that has a position is synced on a majority of the engine's members.
///
///   log.join(announcement, [&](const Result<void>& joined) { ... });
///   log.follow(last_applied, [&](const Delivery& delivery) { ... });
///   log.append(bytes, [&](const AppendResult& result) { ... });
///
/// THREADS: one. All calls are made on the thread that runs the io_context, and all handlers run there, never inside
/// the call that takes them. No handler runs after the destructor. OWNERSHIP: the io_context outlives the log. ERRORS
/// are values; an engine that does not answer is an `unknown` of append() and a Health, never an exception.
class Log {
public:
  using AppendResult = tl::expected<Position, AppendError>;
  using OnAppended = std::function<void(const AppendResult&)>;
  using OnDone = std::function<void(const Result<void>&)>;
  using OnDelivery = std::function<void(const Delivery&)>;
  using OnMembers = std::function<void(const Result<std::vector<Member>>&)>;
  using OnLastEntries = std::function<void(const Result<LastEntries>&)>;
  using OnIdentity = std::function<void(const Result<std::optional<Founded>>&)>;

  /// Of the bytes of one entry.
  static constexpr std::size_t max_entry = std::size_t{1} << 20;
  /// Of the identity of a cluster.
  static constexpr std::size_t max_identity = 64;

  Log() = default;
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  virtual ~Log() = default;

  /// Founds the cluster where the engine keeps nothing of one: its identity, 1 to max_identity bytes, is the first that
  /// is written. The same call may be repeated. Repeats until the engine answers. ERRORS: `taken` if something is kept
  /// there, unless it is a cluster of this identity; `refused`: also an engine whose version loses data.
  virtual void found(std::string identity, OnDone done) = 0;
  /// The cluster; nullopt: none was founded. Repeats until the engine answers.
  virtual void identity(OnIdentity done) = 0;

  /// Takes the lease and with it the fence. Repeats until the engine answers; an error is final. Once per Log.
  /// ERRORS: `refused`: also an engine whose version loses data.
  virtual void join(std::string announcement, OnDone done) = 0;
  /// Ends the lease: peers see `vanished` at once. Nothing can be appended after it.
  virtual void leave(OnDone done) = 0;

  /// Appends one entry. The handler runs before or after the own follow() delivers the entry.
  /// REQUIRES: joined; no other append in progress; the last one was not `unknown`; at most max_entry bytes.
  virtual void append(std::string bytes, OnAppended done) = 0;
  /// Asks again for the entry whose append was `unknown`, and appends it if it is not in the log: never twice.
  virtual void retry(OnAppended done) = 0;

  /// Delivers everything after `after`, in order and once, then what follows. Survives the loss of members.
  /// Notices (Joined, Vanished) right after `after` may be repeated by a later follow(). Once per Log.
  virtual void follow(Position after, OnDelivery deliver) = 0;
  /// Back-pressure: a paused follower reads nothing from the engine. What is already read is still delivered.
  virtual void pause(bool paused) = 0;

  /// Allows the engine to forget the entries up to `upto`, and the last entries of origins whose lease has ended.
  /// REQUIRES: joined. ERRORS: `fenced` if the fence is lost.
  virtual void trim(Position upto, OnDone done) = 0;

  /// For comparison with what a node has applied: a log that has fewer entries was set back.
  virtual void last_entries(OnLastEntries done) = 0;
  /// The nodes that hold a lease.
  virtual void members(OnMembers done) = 0;
  /// Ends the lease of another node, as if it had ended by itself. No error if it has.
  virtual void evict(const Origin& origin, OnDone done) = 0;

  virtual Liveness liveness() const = 0;
  virtual Health health() const = 0;
};

} // namespace nvrhub::log
