#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "log/etcd/etcd_log.hpp"
#include "log/support/etcd_members.hpp"

namespace nvrhub::tests {

/// Runs handlers until `done`. Fails the test if that takes as long as nothing but a hang does.
void run_until(boost::asio::io_context& io, const std::function<bool()>& done);

/// One node with its log, and everything that it was delivered.
class LogNode {
public:
  struct Seen {
    log::Position position = 0;
    std::string origin;
    std::uint64_t number = 0;
    std::string bytes;

    friend bool operator==(const Seen&, const Seen&) = default;
  };

  LogNode(boost::asio::io_context& io, log::etcd::Options options);

  static log::etcd::Options options(const std::string& node, std::vector<log::etcd::Endpoint> endpoints);

  /// Joins, and follows from the beginning; ends when both are so.
  void join_and_follow();
  void follow(log::Position after);
  /// Starts an append whose result comes into `results`.
  void append(const std::string& bytes);
  void retry();
  /// Appends and waits for the result.
  log::Log::AppendResult append_and_wait(const std::string& bytes);
  log::Log::AppendResult retry_and_wait();
  /// Appends, and asks again as long as the result is unknown.
  log::Position append_surely(const std::string& bytes);
  log::Result<void> trim(log::Position upto);
  log::Result<void> join(const std::string& announcement);
  log::Result<void> found(const std::string& identity);
  log::Result<std::optional<log::Founded>> identity();
  log::Result<void> leave();
  log::Result<std::vector<log::Member>> members();

  log::Log& log() { return *log_; }
  bool has_vanished(const std::string& node) const;

  boost::asio::io_context& io;
  std::vector<Seen> entries;
  std::vector<log::Origin> joined;
  std::vector<log::Origin> vanished;
  std::optional<log::Position> too_far_behind;
  std::vector<log::Log::AppendResult> results;

private:
  log::Result<void> wait_for(const std::function<void(log::Log::OnDone)>& call);

  std::unique_ptr<log::Log> log_;
};

} // namespace nvrhub::tests
