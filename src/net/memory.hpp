#pragma once

#include <atomic>
#include <cstddef>

#include "net/io_pool.hpp"
#include "net/per_thread.hpp"

namespace nvrhub::net {

struct Services;

/// A connection that may make the server hold bytes for it: what its peer has sent and is not whole, what waits for it
/// to read. Lives on one I/O thread.
class Holder {
public:
  /// What closing it would free, about. On its thread.
  virtual std::size_t cost() const = 0;
  /// Closes it. On its thread; may destroy the object.
  virtual void relieve() = 0;

protected:
  ~Holder() = default;
};

/// Bytes that one connection holds, as its share of a sum.
class Held {
public:
  explicit Held(std::atomic<std::size_t>& sum) : sum_(sum) {}
  ~Held() { set(0); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  void set(std::size_t bytes) {
    if (bytes == bytes_) return;
    sum_.fetch_add(bytes - bytes_, std::memory_order_relaxed); // wraps: also less
    bytes_ = bytes;
  }
  std::size_t get() const { return bytes_; }

private:
  std::atomic<std::size_t>& sum_;
  std::size_t bytes_ = 0;
};

/// --memory-limit: one budget for all that connections hold, however many they are. Over it, the costliest go first.
class Memory {
public:
  explicit Memory(IoPool& pool) : holders(pool) {}

  /// What is held now, with what dashboards share. Any thread.
  static std::size_t used(const Services& services);
  /// Looks many times a second from now on, on the pool's first thread.
  static void watch(Services& services);

  PerThread<Holder> holders;            // every connection
  std::atomic<std::size_t> held{0};     // by single connections
  std::atomic<std::size_t> relieved{0}; // connections that were closed for it

private:
  static void relieve(Services& services);
};

} // namespace nvrhub::net
