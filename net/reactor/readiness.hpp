#pragma once

#include <array>
#include <cstddef>
#include <functional>

#include <sys/epoll.h>

namespace nvrhub::net {

/// A socket that a Readiness watches. Lives on its I/O thread.
class Watched {
public:
  struct Ready {
    bool readable = false;
    bool writable = false;
    bool hung_up = false; // the peer has closed its side; unread bytes may be left
  };
  /// Reports what has changed since the last call (edge-triggered): read until a read returns fewer bytes than fit
  /// into the buffer. Not called from within another handler of this object; may destroy this or any other.
  virtual void on_ready(Ready ready) = 0;

protected:
  ~Watched() = default;
};

/// Reports which of an I/O thread's sockets can be read or written. Asio needs a system call per wait; here a socket is
/// registered once, and one call reports many (docs/internals/decisions/0025).
///
/// THREADS: only its I/O thread.
class Readiness {
public:
  /// ERRORS: throws boost::system::system_error if no descriptor is left.
  Readiness();
  ~Readiness();
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  /// Readable while run() has something to do.
  int descriptor() const { return epoll_; }
  /// Calls on_ready() of up to 64 ready sockets, and `after_each` after each.
  void run(const std::function<void()>& after_each);

  /// False: the system refuses, because memory or watches ran out.
  bool watch(int socket, Watched& what);
  /// Ends the reports to `what`. Must be called before `socket` is closed: closing is not enough while a child process
  /// between fork and exec also holds the socket.
  void unwatch(int socket, const Watched& what);

private:
  static constexpr std::size_t max_at_once = 64; // then timers and posts of other threads run

  int epoll_;
  std::array<epoll_event, max_at_once> ready_{};
  std::size_t next_ = 0; // in ready_; those before it are done
  std::size_t end_ = 0;
};

} // namespace nvrhub::net
