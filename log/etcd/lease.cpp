#include "log/etcd/lease.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include "log/etcd/methods.hpp"

namespace nvrhub::log::etcd {
namespace {

/// etcd takes positive numbers of 63 bits.
LeaseId random_lease_id() {
  std::random_device random;
  const std::uint64_t number = std::uint64_t{random()} << 32 | random();
  return std::max<LeaseId>(number >> 1, 1);
}

} // namespace

LeaseKeeper::LeaseKeeper(boost::asio::io_context& io, Client& client, const Keys& keys, const Origin& origin,
                         std::chrono::seconds wanted)
    : client_(client), keys_(keys), origin_(origin), wanted_(wanted), timer_(io) {}

void LeaseKeeper::join(std::string announcement, Log::OnDone done) {
  announcement_ = std::move(announcement);
  joined_ = std::move(done);
  grant();
}

void LeaseKeeper::grant() {
  id_ = random_lease_id(); // chosen here, so that a repeated request grants nothing twice
  const BootClock::time_point asked = BootClock::now();
  const auto request = encode_lease_grant(id_, static_cast<std::uint64_t>(wanted_.count()));
  client_.call(methods::lease_grant, request, Client::forever, [this, asked](const auto& answer) {
    if (!answer) {
      // An earlier attempt has granted it. Its time is at least what was wanted.
      const bool exists = answer.error().code == StatusCode::failed_precondition &&
                          answer.error().message.find("already exists") != std::string::npos;
      if (!exists) return fail(Errc::refused, to_error(answer.error(), "etcd grants no lease").message);
      granted_ = wanted_;
    } else {
      const Result<LeaseResponse> lease = decode_lease(answer->message);
      if (!lease || lease->seconds <= 0) return fail(Errc::malformed, "etcd grants a lease without a time to live");
      granted_ = std::chrono::seconds(lease->seconds);
    }
    enter_key(asked);
  });
}

void LeaseKeeper::enter_key(BootClock::time_point granted_at) {
  // Absent keys have the version and the revisions 0. The log key outlives the lease: it shows that the boot was used.
  TxnRequest txn;
  txn.compare = {{keys_.node_of(origin_), Compare::Target::create_revision, 0},
                 {keys_.log_of(origin_), Compare::Target::create_revision, 0}};
  txn.put = {{keys_.node_of(origin_), announcement_, id_}};
  txn.otherwise = {one_key(keys_.node_of(origin_))};
  client_.call(methods::txn, encode(txn), Client::forever, [this, granted_at](const auto& answer) {
    if (!answer && answer.error().code == StatusCode::not_found) return grant(); // it has ended meanwhile
    if (!answer) return fail(Errc::refused, to_error(answer.error(), "etcd refuses the lease key").message);
    const Result<TxnResponse> response = decode_txn(answer->message);
    if (!response) return fail(response.error().code, response.error().message);
    key_entered(*response, granted_at);
  });
}

void LeaseKeeper::key_entered(const TxnResponse& response, BootClock::time_point granted_at) {
  if (response.succeeded) {
    fence_ = response.revision;
  } else if (!response.ranges.empty() && !response.ranges[0].kvs.empty() && response.ranges[0].kvs[0].lease == id_) {
    fence_ = response.ranges[0].kvs[0].create_revision; // an earlier attempt has entered it
  } else {
    return fail(Errc::taken, "node " + origin_.node + ": this boot has joined before; a node joins with a new one");
  }
  confirmed_ = granted_at;
  timer_.start(std::chrono::milliseconds(granted_) / 3, [this] { keep_alive(); });
  std::exchange(joined_, nullptr)({});
}

void LeaseKeeper::fail(Errc code, const std::string& message) {
  std::exchange(joined_, nullptr)(tl::unexpected(Error{code, message}));
}

void LeaseKeeper::keep_alive() {
  // A stream in etcd's API; with one request in it, it is a call with one answer.
  client_.call(methods::lease_keep_alive, encode_lease_id(id_), Client::forever, [this](const auto& answer) {
    if (lost_) return;
    const Result<LeaseResponse> lease = answer ? decode_lease(answer->message) : LeaseResponse{id_, 1};
    if (answer && lease && lease->seconds <= 0) return lost();
    if (answer && lease) {
      granted_ = std::chrono::seconds(lease->seconds);
      confirmed_ = answer->sent;
    } // else it was refused, as by a change of permissions: the next may succeed
    timer_.start(std::chrono::milliseconds(granted_) / 3, [this] { keep_alive(); });
  });
}

void LeaseKeeper::leave(Log::OnDone done) {
  timer_.stop();
  if (fence_ == 0) return done({});
  client_.call(methods::lease_revoke, encode_lease_id(id_), granted_, [this, done](const auto& answer) {
    // Without an answer it ends by itself: nothing renews it.
    lost();
    if (answer || answer.error().code == StatusCode::not_found) return done({});
    done(tl::unexpected(to_error(answer.error(), "etcd does not end the lease")));
  });
}

Liveness LeaseKeeper::liveness() const {
  if (lost_) return {Lease::lost, {}};
  if (fence_ == 0) return {};
  const std::chrono::nanoseconds left = confirmed_ + granted_ - BootClock::now();
  if (left <= std::chrono::nanoseconds(0)) return {Lease::unconfirmed, {}};
  return {Lease::alive, left};
}

Compare LeaseKeeper::compare_fence() const {
  return {keys_.node_of(origin_), Compare::Target::create_revision, fence_};
}

void LeaseKeeper::lost() {
  lost_ = true;
  timer_.stop();
}

} // namespace nvrhub::log::etcd
