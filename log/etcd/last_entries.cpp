#include "log/etcd/last_entries.hpp"

#include <utility>

#include "log/etcd/messages.hpp"
#include "log/etcd/methods.hpp"

namespace nvrhub::log::etcd {
namespace {

constexpr std::uint64_t max_origins = 4096;
constexpr std::uint64_t never_reached = 1'000'000'000;

} // namespace

void read_last_entries(Client& client, const Keys& keys, std::chrono::milliseconds limit, Log::OnLastEntries done) {
  RangeRequest trimmed;
  trimmed.key = keys.trimmed();
  TxnRequest txn;
  // Never true: the key is written once. So both ranges are read at one moment.
  txn.compare = {{keys.identity(), Compare::Target::version, never_reached}};
  txn.otherwise = {keys_under(keys.logs(), max_origins), trimmed};
  client.call(methods::txn, encode(txn), limit, [&keys, done = std::move(done)](const auto& answer) {
    if (!answer) return done(tl::unexpected(to_error(answer.error(), "last entries")));
    const Result<TxnResponse> response = decode_txn(answer->message);
    if (!response) return done(tl::unexpected(response.error()));
    LastEntries last;
    if (response->ranges.size() == 2) {
      for (const KeyValue& kv : response->ranges[0].kvs) {
        const auto key = keys.parse(kv.key);
        if (key) last.numbers.push_back({key->origin, kv.version});
      }
      last.is_complete = !response->ranges[0].more;
      if (!response->ranges[1].kvs.empty()) last.trimmed = Keys::parse_position(response->ranges[1].kvs[0].value);
    }
    done(last);
  });
}

} // namespace nvrhub::log::etcd
