#include "log/etcd/trimmer.hpp"

#include <algorithm>
#include <utility>

#include "log/etcd/methods.hpp"

namespace nvrhub::log::etcd {
namespace {

// etcd allows 128 operations in a transaction; what is left over goes with the next trim.
constexpr std::size_t max_erased = 64;
constexpr std::uint64_t max_keys = 1'024; // of one answer

} // namespace

Trimmer::Trimmer(Client& client, const Keys& keys, LeaseKeeper& lease, std::chrono::milliseconds limit)
    : client_(client), keys_(keys), lease_(lease), limit_(limit) {}

void Trimmer::trim(Position upto, Log::OnDone done) {
  upto_ = upto;
  done_ = std::move(done);
  read_trimmed();
}

template <class Decode, class Next>
void Trimmer::step(std::string_view method, std::string request, Decode decode, Next next) {
  client_.call(method, std::move(request), limit_, [this, decode, next](const auto& answer) {
    if (!answer) return finish(tl::unexpected(to_error(answer.error(), "trim")));
    const auto response = decode(answer->message);
    if (!response) return finish(tl::unexpected(response.error()));
    next(*response);
  });
}

void Trimmer::read_trimmed() {
  RangeRequest request;
  request.key = keys_.trimmed();
  step(methods::range, encode(request), decode_range, [this](const RangeResponse& trimmed) {
    write_trimmed(trimmed.kvs.empty() ? 0 : Keys::parse_position(trimmed.kvs[0].value));
  });
}

void Trimmer::write_trimmed(Position already) {
  // Never back, also if a node trims less than another one has: who joins concludes from it what may be gone.
  const std::string position = std::to_string(std::max(already, upto_));
  TxnRequest txn;
  txn.compare = {lease_.compare_fence()};
  txn.put = {{keys_.trimmed(), position}};
  step(methods::txn, encode(txn), decode_txn, [this](const TxnResponse& response) {
    if (response.succeeded) return read_nodes();
    lease_.lost();
    finish(tl::unexpected(Error{Errc::fenced, "trim: the lease of this node has ended"}));
  });
}

void Trimmer::read_nodes() {
  step(methods::range, encode(keys_under(keys_.nodes(), max_keys)), decode_range, [this](const RangeResponse& nodes) {
    if (nodes.more) return compact(); // more nodes than one answer holds: it is not known which origins have ended
    alive_.clear();
    for (const KeyValue& node : nodes.kvs) {
      if (const auto parsed = keys_.parse(node.key)) alive_.insert(keys_.log_of(parsed->origin));
    }
    read_logs();
  });
}

void Trimmer::read_logs() {
  RangeRequest request = keys_under(keys_.logs(), max_keys);
  request.max_mod_revision = upto_;
  step(methods::range, encode(request), decode_range, [this](const RangeResponse& logs) { erase(logs); });
}

void Trimmer::erase(const RangeResponse& logs) {
  TxnRequest txn;
  txn.compare = {lease_.compare_fence()};
  for (const KeyValue& log : logs.kvs) {
    std::string key(log.key);
    if (txn.erase.size() < max_erased && !alive_.contains(key)) txn.erase.push_back(std::move(key));
  }
  if (txn.erase.empty()) return compact();
  step(methods::txn, encode(txn), decode_txn, [this](const TxnResponse&) { compact(); });
}

void Trimmer::compact() {
  client_.call(methods::compact, encode_compaction(upto_), limit_, [this](const auto& answer) {
    if (answer) return finish({});
    const GrpcStatus& status = answer.error();
    const bool is_done = status.code == StatusCode::out_of_range && // by an earlier attempt, or by a peer
                         status.message.find("has been compacted") != std::string::npos;
    if (is_done) return finish({});
    finish(tl::unexpected(to_error(status, "trim")));
  });
}

void Trimmer::finish(const Result<void>& result) {
  std::exchange(done_, nullptr)(result);
}

} // namespace nvrhub::log::etcd
