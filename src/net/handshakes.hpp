#pragma once

#include <chrono>
#include <cstddef>
#include <list>

#include "net/deadlines.hpp"

namespace nvrhub::net {

/// A connection that has yet to say what it wants: TLS greeting, HTTP request or auth are not whole. Lives on one I/O
/// thread.
class Newcomer {
public:
  /// Makes room: closes the connection. May destroy the object.
  virtual void evict() = 0;

protected:
  ~Newcomer() = default;

private:
  friend class Handshakes;
  std::list<Newcomer*>::iterator place_;
  MonoTime since_{};
  bool waits_ = false;
};

/// The newcomers of one I/O thread, by age. Where there is no room for one more, the oldest goes if it had its time: an
/// honest one needs milliseconds, and whoever sends a byte a minute, or none, keeps nobody out.
class Handshakes {
public:
  void set_most(std::size_t most) { most_ = most; }

  /// For one more. False: there is no room, and all that wait have only just come.
  bool make_room(MonoTime now) { return waiting_.size() < most_ || evict_oldest(now); }

  /// Again for one that waits already: as if it had just come.
  void join(Newcomer& newcomer, MonoTime now) {
    leave(newcomer);
    newcomer.place_ = waiting_.insert(waiting_.end(), &newcomer);
    newcomer.since_ = now;
    newcomer.waits_ = true;
  }
  void leave(Newcomer& newcomer) {
    if (!newcomer.waits_) return;
    newcomer.waits_ = false;
    waiting_.erase(newcomer.place_);
  }

  /// False: none of them had its time.
  bool evict_oldest(MonoTime now) {
    if (waiting_.empty() || now - waiting_.front()->since_ < its_time) return false;
    Newcomer& oldest = *waiting_.front();
    leave(oldest);
    oldest.evict();
    return true;
  }

private:
  static constexpr auto its_time = std::chrono::seconds(2);

  std::list<Newcomer*> waiting_; // oldest first
  std::size_t most_ = 2048;
};

} // namespace nvrhub::net
