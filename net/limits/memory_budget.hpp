#pragma once

#include <atomic>
#include <cstddef>

#include "actors/log.hpp"
#include "net/reactor/io_pool.hpp"
#include "net/reactor/thread_local_registry.hpp"

namespace nvrhub::net {

/// A connection that uses memory: for incomplete input from its peer, and for output that waits to be sent.
/// Lives on one I/O thread.
class MemoryConsumer {
public:
  /// Bytes that closing it would free, approximately. On its thread.
  virtual std::size_t cost() const = 0;
  /// Closes it. On its thread; may destroy the object.
  virtual void shed() = 0;

protected:
  ~MemoryConsumer() = default;
};

/// Memory that several connections share. Any thread.
class SharedMemory {
public:
  virtual std::size_t shared_bytes() const = 0;
  /// Frees part of it until at most `max_bytes` of that part are left.
  virtual void free_shared(std::size_t max_bytes) = 0;

protected:
  ~SharedMemory() = default;
};

/// The bytes that one connection uses, as its share of a sum.
class MemoryReservation {
public:
  explicit MemoryReservation(std::atomic<std::size_t>& sum) : sum_(sum) {}
  ~MemoryReservation() { set(0); }
  MemoryReservation(const MemoryReservation&) = delete;
  MemoryReservation& operator=(const MemoryReservation&) = delete;

  void set(std::size_t bytes) {
    if (bytes == bytes_) return;
    sum_.fetch_add(bytes - bytes_, std::memory_order_relaxed); // wraps around for a smaller value
    bytes_ = bytes;
  }
  std::size_t get() const { return bytes_; }

private:
  std::atomic<std::size_t>& sum_;
  std::size_t bytes_ = 0;
};

/// --memory-limit: one budget for the memory that all connections use together. Above it, the connections that use most
/// are closed until an eighth of the limit is free.
class MemoryBudget {
public:
  /// `limit`: bytes. `log` must outlive this.
  MemoryBudget(IoPool& pool, std::size_t limit, const actors::Log& log)
      : consumers(pool), pool_(pool), limit_(limit), log_(log) {}

  /// Checks the budget every 20 ms from now on, on the pool's first thread. `shared` is part of it.
  void watch(SharedMemory& shared);
  /// Sheds connections if the budget is exceeded. Any thread.
  void check();

  /// Bytes in use. Any thread.
  std::size_t used() const;
  /// Connections closed because of the limit, since the start.
  std::size_t shed_connections() const { return shed_connections_.load(std::memory_order_relaxed); }

  ThreadLocalRegistry<MemoryConsumer> consumers; // every connection
  std::atomic<std::size_t> held{0};              // by single connections, as MemoryReservations

private:
  void check_later();
  void shed(std::size_t used_bytes);

  IoPool& pool_;
  const std::size_t limit_;
  const actors::Log& log_;
  SharedMemory* shared_ = nullptr;
  std::atomic<std::size_t> shed_connections_{0};
};

} // namespace nvrhub::net
