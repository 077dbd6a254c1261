#pragma once

#include <chrono>
#include <cstddef>
#include <list>

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
  std::list<PendingConnection*>::iterator place_;
  MonoTime since_{};
  bool waits_ = false;
};

/// The pending connections of one I/O thread, by age. If there is no room for one more, the oldest is evicted once it
/// is two seconds old: an honest client needs milliseconds, and one that sends slowly or nothing cannot lock others
/// out.
class PendingConnections {
public:
  void set_max(std::size_t max) { max_ = max; }

  /// Makes room for one more. False: it is full, and all are too young to be evicted.
  bool make_room(MonoTime now) { return waiting_.size() < max_ || evict_oldest(now); }

  /// Also for one that has joined already: it counts as new.
  void join(PendingConnection& connection, MonoTime now) {
    leave(connection);
    connection.place_ = waiting_.insert(waiting_.end(), &connection);
    connection.since_ = now;
    connection.waits_ = true;
  }
  void leave(PendingConnection& connection) {
    if (!connection.waits_) return;
    connection.waits_ = false;
    waiting_.erase(connection.place_);
  }

  /// False: none is old enough.
  bool evict_oldest(MonoTime now) {
    if (waiting_.empty() || now - waiting_.front()->since_ < min_age) return false;
    PendingConnection& oldest = *waiting_.front();
    leave(oldest);
    oldest.evict();
    return true;
  }

private:
  static constexpr auto min_age = std::chrono::seconds(2);

  std::list<PendingConnection*> waiting_; // oldest first
  std::size_t max_ = 2048;
};

} // namespace nvrhub::net
