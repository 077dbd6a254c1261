#pragma once

#include <chrono>
#include <cstddef>
#include <set>
#include <utility>

#include "net/reactor/timer_queue.hpp"

namespace nvrhub::net {

/// A connection whose TLS handshake, HTTP request or auth is not complete yet. Lives on one I/O thread.
class PendingConnection {
public:
  /// Closes the connection to make room. May destroy the object.
  virtual void evict() = 0;

protected:
  ~PendingConnection() = default;

private:
  friend class PendingConnections;
  enum class State : unsigned char { absent, waits, on_hold };

  MonoTime since_{};
  MonoTime::duration age_{}; // when it was put on hold
  State state_ = State::absent;
};

/// The pending connections of one I/O thread, by age. If there is no room for one more, the oldest is evicted once it
/// is two seconds old: an honest client needs milliseconds, and one that sends slowly or nothing cannot lock others
/// out.
class PendingConnections {
public:
  void set_max(std::size_t max) { max_ = max; }

  /// Makes room for one more. False: it is full, and none can be evicted.
  bool make_room(MonoTime now) { return waiting_.size() + on_hold_ < max_ || evict_oldest(now); }

  /// Also for one that has joined already: it counts as new.
  void join(PendingConnection& connection, MonoTime now) {
    leave(connection);
    insert(connection, now);
  }
  void leave(PendingConnection& connection) {
    if (connection.state_ == State::waits) waiting_.erase({connection.since_, &connection});
    if (connection.state_ == State::on_hold) --on_hold_;
    connection.state_ = State::absent;
  }

  /// From now until resume() the connection waits for the server: it does not age, and is not evicted.
  void hold(PendingConnection& connection, MonoTime now) {
    if (connection.state_ != State::waits) return;
    leave(connection);
    connection.age_ = now - connection.since_;
    connection.state_ = State::on_hold;
    ++on_hold_;
  }
  void resume(PendingConnection& connection, MonoTime now) {
    if (connection.state_ != State::on_hold) return;
    leave(connection);
    insert(connection, now - connection.age_);
  }

  /// False: none is old enough.
  bool evict_oldest(MonoTime now) {
    if (waiting_.empty() || now - waiting_.begin()->first < min_age) return false;
    PendingConnection& oldest = *waiting_.begin()->second;
    leave(oldest);
    oldest.evict();
    return true;
  }

private:
  static constexpr auto min_age = std::chrono::seconds(2);

  using State = PendingConnection::State;

  void insert(PendingConnection& connection, MonoTime since) {
    connection.since_ = since;
    connection.state_ = State::waits;
    waiting_.emplace(since, &connection);
  }

  std::set<std::pair<MonoTime, PendingConnection*>> waiting_; // oldest first
  std::size_t on_hold_ = 0;
  std::size_t max_ = 2048;
};

} // namespace nvrhub::net
