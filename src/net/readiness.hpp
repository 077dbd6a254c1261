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
    bool hung_up = false; // the peer has said its last word, perhaps behind bytes that are still unread
  };
  /// What has become so since the last call: the bytes must be read until fewer come than there was room for. Called
  /// outside of any other handler of its own; may destroy this or any other.
  virtual void on_ready(Ready ready) = 0;

protected:
  ~Watched() = default;
};

/// Says which of an I/O thread's sockets can be read or written. Where Asio arms each wait with a system call of its
/// own, a socket is registered here once, and one call tells of many (docs/internals/decisions/0025). On the thread.
class Readiness {
public:
  /// Throws boost::system::system_error where the system has no descriptor left.
  Readiness();
  ~Readiness();
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  /// Can be read from while run() has something to do.
  int descriptor() const { return epoll_; }
  /// Calls on_ready() where it is due, of some sockets at most, and `after_each` behind each.
  void run(const std::function<void()>& after_each);

  /// False: the system has no room for it.
  bool watch(int socket, Watched& what);
  /// Nothing more is told to `what`. Comes before `socket` is closed, which alone would not do while a child process
  /// that has yet to run its program holds it too.
  void forget(int socket, const Watched& what);

private:
  static constexpr std::size_t most_at_once = 64; // before timers and other threads' posts have their turn

  int epoll_;
  std::array<epoll_event, most_at_once> told_{};
  std::size_t next_ = 0; // of told_; what lies before is done
  std::size_t end_ = 0;
};

} // namespace nvrhub::net
