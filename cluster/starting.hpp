#pragma once
/// The steps of Node::start(): start.cpp joins and catches up, start_checks.cpp compares the log with the data
/// directory, start_clock.cpp compares the clocks. THREADS: that of the caller of Node::start(); callbacks of the log's
/// thread only touch Seen. ERRORS: each step ends the start.
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cluster/ask.hpp"
#include "cluster/node.hpp"
#include "fleet/server_clock.hpp"

namespace nvrhub::cluster {

inline Error store_error(const store::Error& error) {
  return {Errc::store, error.message};
}

/// What the callbacks of a node that starts have seen.
struct Seen {
  std::mutex mutex;
  std::condition_variable changed;
  bool has_deliveries = false;
  bool has_joined = false; // and what was in the log before is delivered
  bool is_fenced = false;
  std::string failure;

  template <class Set>
  void update(Set set) {
    const std::lock_guard lock(mutex);
    set(*this);
    changed.notify_all();
  }
};

class Node::Starting {
public:
  Starting(Options options, store::Store& store);

  Result<std::unique_ptr<Node>> run();

private:
  Result<void> read_store();
  Result<void> make_node();
  Result<void> compare_identity();
  Result<void> join();
  Result<void> check_length();
  Result<void> catch_up();
  Result<void> compare_clocks();
  Result<fleet::StoredTimes> times() const;
  Result<std::optional<fleet::WallMillis>> newest_peer();
  Result<std::vector<log::Member>> ask_members();
  fleet::WallMillis now() const;
  void follow();
  std::string node_joined() const;
  /// Applies what was delivered; true: the own node_joined was among it.
  Result<bool> apply();
  void report(const std::string& progress);
  bool is_cancelled() const { return options_.is_cancelled && options_.is_cancelled(); }
  static tl::unexpected<Error> cancelled() { return cluster::fail(Errc::cancelled, "cancelled before etcd answered"); }

  /// Asks the log, as long as it takes.
  template <class T, class Call>
  Result<T> ask_log(Call call) {
    const GiveUp waiting = [this] {
      if (is_cancelled()) return true;
      if (std::chrono::steady_clock::now() >= next_report_)
        report("waiting for etcd: " + health_of(*node_->thread_).problem);
      return false;
    };
    const auto answer = ask<log::Result<T>>(*node_->thread_, waiting, std::move(call));
    if (!answer) return cancelled();
    if (!*answer) return tl::make_unexpected(to_error(answer->error()));
    if constexpr (std::is_void_v<T>) {
      return {};
    } else {
      return **answer;
    }
  }

  /// For calls that give up after a while.
  template <class T, class Call>
  Result<T> ask_repeatedly(Call call) {
    auto answer = ask_log<T>(call);
    while (!answer && answer.error().code == Errc::unavailable && !is_cancelled())
      answer = ask_log<T>(call);
    return answer;
  }

  Options options_;
  store::Store& store_;
  std::optional<store::ClusterId> cluster_;
  store::LogPosition applied_ = 0;
  bool is_empty_ = false; // no event was ever stored
  std::string announcement_;
  log::Position founded_ = 0;
  std::unique_ptr<Node> node_;
  std::shared_ptr<Seen> seen_ = std::make_shared<Seen>();
  std::chrono::steady_clock::time_point next_report_;
};

} // namespace nvrhub::cluster
