#include "log/etcd/identity_key.hpp"

#include <utility>

#include "log/etcd/messages.hpp"
#include "log/etcd/methods.hpp"

namespace nvrhub::log::etcd {

void IdentityKey::found(const std::string& identity, const Log::OnDone& done) {
  RangeRequest present;
  present.key = keys_.identity();
  TxnRequest txn;
  txn.compare = {{keys_.all(), Compare::Target::create_revision, 0, prefix_end(keys_.all())}}; // an absent key has 0
  txn.put = {{keys_.identity(), identity}};
  txn.otherwise = {present};
  client_.call(methods::txn, encode(txn), Client::forever, [this, identity, done](const auto& answer) {
    if (!answer) return done(tl::unexpected(Error{Errc::refused, to_error(answer.error(), "found").message}));
    const Result<TxnResponse> response = decode_txn(answer->message);
    if (!response) return done(tl::unexpected(response.error()));
    const bool has_identity = !response->ranges.empty() && !response->ranges[0].kvs.empty();
    // Its own identity: an earlier attempt, whose answer was lost, has entered it.
    if (response->succeeded || (has_identity && response->ranges[0].kvs[0].value == identity)) return done({});
    done(tl::unexpected(Error{
        Errc::taken, "etcd has keys that begin with " + keys_.all() +
                         (has_identity ? ": cluster " + std::string(response->ranges[0].kvs[0].value) + " uses them"
                                       : ", which are of no cluster")}));
  });
}

void IdentityKey::read(Log::OnIdentity done) {
  RangeRequest request;
  request.key = keys_.identity();
  client_.call(methods::range, encode(request), Client::forever, [done = std::move(done)](const auto& answer) {
    if (!answer) return done(tl::unexpected(Error{Errc::refused, to_error(answer.error(), "identity").message}));
    const Result<RangeResponse> range = decode_range(answer->message);
    if (!range) return done(tl::unexpected(range.error()));
    if (range->kvs.empty()) return done(std::optional<Founded>());
    done(std::optional<Founded>({std::string(range->kvs[0].value), range->kvs[0].create_revision}));
  });
}

} // namespace nvrhub::log::etcd
