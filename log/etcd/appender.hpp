#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "log/etcd/client.hpp"
#include "log/etcd/keys.hpp"
#include "log/etcd/lease.hpp"
#include "log/log.hpp"

namespace nvrhub::log::etcd {

/// Appends the entries of one origin, one at a time: each overwrites the origin's log key in a transaction that
/// compares the fence and the key's version, which is the number of the last entry. So a request that arrives twice, or
/// late, is applied once, and a refused request returns the version, which shows whether an earlier one was applied.
/// THREADS: one, as Log's. OWNERSHIP: the references outlive it.
class Appender {
public:
  Appender(Client& client, const Keys& keys, const Origin& origin, LeaseKeeper& lease, std::chrono::milliseconds limit);

  /// What a call of append() or retry() would break; empty: nothing.
  std::string_view refuse_append(std::string_view bytes) const;
  std::string_view refuse_retry() const;

  void append(std::string bytes, Log::OnAppended done);
  void retry(Log::OnAppended done);

  /// Of the last entry that was appended.
  Position last() const { return last_; }

private:
  enum class State : std::uint8_t { idle, asking, unknown };

  void ask();
  void answered(const TxnResponse& response);
  /// The transaction was refused: by what the keys are now.
  void decide(const TxnResponse& response);
  void succeed(Position position);
  void fail(AppendError::Kind kind, const std::string& text);

  Client& client_;
  const Keys& keys_;
  const Origin& origin_;
  LeaseKeeper& lease_;
  const std::chrono::milliseconds limit_;
  State state_ = State::idle;
  std::string bytes_;        // of the entry that is being appended
  std::uint64_t number_ = 0; // of the last entry that was appended
  Position last_ = 0;
  Log::OnAppended done_;
};

} // namespace nvrhub::log::etcd
