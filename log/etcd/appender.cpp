#include "log/etcd/appender.hpp"

#include <utility>

#include "log/etcd/methods.hpp"

namespace nvrhub::log::etcd {

Appender::Appender(Client& client, const Keys& keys, const Origin& origin, LeaseKeeper& lease,
                   std::chrono::milliseconds limit)
    : client_(client), keys_(keys), origin_(origin), lease_(lease), limit_(limit) {}

std::string_view Appender::refuse_append(std::string_view bytes) const {
  if (lease_.fence() == 0) return "append() before the join has succeeded";
  if (state_ == State::asking) return "append() while another append is in progress";
  if (state_ == State::unknown) return "append() after an unknown one: retry() first";
  if (bytes.size() > Log::max_entry) return "the entry is longer than Log::max_entry";
  return {};
}

std::string_view Appender::refuse_retry() const {
  return state_ == State::unknown ? std::string_view() : "retry() without an append that is unknown";
}

void Appender::append(std::string bytes, Log::OnAppended done) {
  bytes_ = std::move(bytes);
  retry(std::move(done));
}

void Appender::retry(Log::OnAppended done) {
  state_ = State::asking;
  done_ = std::move(done);
  ask();
}

void Appender::ask() {
  const std::string key = keys_.log_of(origin_);
  TxnRequest txn;
  txn.compare = {lease_.compare_fence(), {key, Compare::Target::version, number_}};
  txn.put = {{key, bytes_}};
  txn.otherwise = {one_key(key), one_key(keys_.node_of(origin_))};
  client_.call(methods::txn, encode(txn), limit_, [this](const auto& answer) {
    if (!answer) return fail(AppendError::Kind::unknown, to_error(answer.error(), "append").message);
    const Result<TxnResponse> response = decode_txn(answer->message);
    if (!response) return fail(AppendError::Kind::unknown, response.error().message);
    answered(*response);
  });
}

void Appender::answered(const TxnResponse& response) {
  if (response.succeeded) return succeed(response.revision);
  if (response.ranges.size() != 2) return fail(AppendError::Kind::unknown, "etcd refuses an append without the reason");
  decide(response);
}

void Appender::decide(const TxnResponse& response) {
  const auto& log = response.ranges[0].kvs;
  const auto& node = response.ranges[1].kvs;
  // Only this origin writes its log key, and only one entry at a time: the next version is the entry that is asked for.
  if (!log.empty() && log[0].version == number_ + 1) return succeed(log[0].mod_revision);
  lease_.lost();
  const bool is_fenced = node.empty() || node[0].create_revision != lease_.fence();
  fail(AppendError::Kind::refused, is_fenced ? "the lease of node " + origin_.node + " has ended"
                                             : "the log key of node " + origin_.node + " was changed by others");
}

void Appender::succeed(Position position) {
  state_ = State::idle;
  ++number_;
  last_ = position;
  bytes_.clear();
  std::exchange(done_, nullptr)(position);
}

void Appender::fail(AppendError::Kind kind, const std::string& text) {
  state_ = kind == AppendError::Kind::unknown ? State::unknown : State::idle;
  std::exchange(done_, nullptr)(tl::unexpected(AppendError{kind, text}));
}

} // namespace nvrhub::log::etcd
