#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <unordered_set>
#include <vector>

#include "net/reactor/io_pool.hpp"

namespace nvrhub::net {

/// The live objects of one kind, by the I/O thread that each belongs to: joining and leaving take no lock.
template <class T>
class ThreadLocalRegistry {
public:
  explicit ThreadLocalRegistry(IoPool& pool) {
    for (std::size_t i = 0; i < pool.size(); ++i)
      locals_.push_back(std::make_unique<Local>(&pool.thread(i)));
  }

  /// On `thread`, which must be the object's. The object must leave before it is destroyed.
  void join(const IoThread& thread, T& object) {
    Local& local = local_of(thread);
    local.objects.insert(&object);
    ++local.count;
  }
  void leave(const IoThread& thread, T& object) {
    Local& local = local_of(thread);
    if (local.objects.erase(&object) != 0) --local.count;
  }

  /// Calls `what(object)` for every object, posted to its thread. Calls of one caller run in order.
  template <class F>
  void each(F what) {
    for (const auto& local : locals_) {
      if (local->count.load() == 0) continue;
      local->thread->post([to = local.get(), what] {
        const std::vector<T*> objects(to->objects.begin(), to->objects.end()); // objects may leave during the calls
        for (T* object : objects) {
          if (to->objects.contains(object)) what(*object);
        }
      });
    }
  }

  /// Calls `what(objects)`, posted to every thread that has objects. It may destroy only the object that it is
  /// processing.
  template <class F>
  void on_each_thread(F what) {
    for (const auto& local : locals_) {
      if (local->count.load() == 0) continue;
      local->thread->post([to = local.get(), what] { what(std::vector<T*>(to->objects.begin(), to->objects.end())); });
    }
  }

  std::size_t count() const {
    std::size_t sum = 0;
    for (const auto& local : locals_)
      sum += local->count.load();
    return sum;
  }

private:
  struct Local {
    explicit Local(IoThread* its) : thread(its) {}
    IoThread* thread;
    std::unordered_set<T*> objects; // used only by the thread
    std::atomic<std::size_t> count{0};
  };

  Local& local_of(const IoThread& thread) {
    for (const auto& local : locals_) {
      if (local->thread == &thread) return *local;
    }
    return *locals_.front(); // not reached: every I/O thread has one
  }

  std::vector<std::unique_ptr<Local>> locals_;
};

} // namespace nvrhub::net
