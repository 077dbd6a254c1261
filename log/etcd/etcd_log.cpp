#include "log/etcd/etcd_log.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "log/etcd/appender.hpp"
#include "log/etcd/client.hpp"
#include "log/etcd/health_poller.hpp"
#include "log/etcd/identity_key.hpp"
#include "log/etcd/keys.hpp"
#include "log/etcd/last_entries.hpp"
#include "log/etcd/lease.hpp"
#include "log/etcd/methods.hpp"
#include "log/etcd/trimmer.hpp"
#include "log/etcd/watch.hpp"

namespace nvrhub::log::etcd {
namespace {

constexpr std::size_t max_announcement = 4096;
constexpr std::uint64_t max_members = 256;

class EtcdLog final : public Log {
public:
  EtcdLog(boost::asio::io_context& io, Options options, const Members& members)
      : io_(io), options_(std::move(options)), keys_(options_.cluster.prefix),
        client_(io, members, options_.credentials, options_.attempt),
        health_(
            io, client_, keys_, [this] { return watch_.followed(); }, [this] { set_back(); }),
        lease_(io, client_, keys_, options_.origin, options_.lease), identity_(client_, keys_),
        appender_(client_, keys_, options_.origin, lease_, options_.append_limit),
        trimmer_(client_, keys_, lease_, options_.append_limit),
        watch_(io, members, options_.origin.boot % members.endpoints.size(), keys_, client_) {}

  void found(std::string identity, OnDone done) override {
    if (identity.empty() || identity.size() > max_identity) return refuse(done, "an identity has 1 to 64 bytes");
    health_.check_version([this, identity = std::move(identity), done](const Result<void>& usable) {
      usable ? identity_.found(identity, done) : done(usable);
    });
  }
  void identity(OnIdentity done) override { identity_.read(std::move(done)); }

  void join(std::string announcement, OnDone done) override {
    if (is_joining_) return refuse(done, "join() a second time");
    if (announcement.size() > max_announcement) return refuse(done, "the announcement is longer than 4096 bytes");
    is_joining_ = true;
    health_.check_version([this, announcement = std::move(announcement), done](const Result<void>& usable) {
      usable ? lease_.join(announcement, done) : done(usable);
    });
  }
  void leave(OnDone done) override {
    if (lease_.fence() == 0) return refuse(done, "leave() before the join has succeeded");
    lease_.leave(std::move(done));
  }

  void append(std::string bytes, OnAppended done) override {
    const std::string_view broken = appender_.refuse_append(bytes);
    if (!broken.empty()) return refuse(done, broken);
    followed_ = watch_.followed();
    appender_.append(std::move(bytes), check_position(std::move(done)));
  }
  void retry(OnAppended done) override {
    const std::string_view broken = appender_.refuse_retry();
    if (!broken.empty()) return refuse(done, broken);
    appender_.retry(check_position(std::move(done)));
  }

  void follow(Position after, OnDelivery deliver) override {
    if (watch_.is_started()) return;
    deliver_ = std::move(deliver);
    watch_.follow(after, [this](const Delivery& delivery) {
      const auto* vanished = std::get_if<Vanished>(&delivery);
      if (vanished && vanished->origin == options_.origin) lease_.lost();
      deliver_(delivery);
    });
  }
  void pause(bool paused) override { watch_.pause(paused); }

  void trim(Position upto, OnDone done) override {
    if (lease_.fence() == 0) return refuse(done, "trim() before the join has succeeded");
    if (trimmer_.is_busy()) return refuse(done, "trim() while another trim is in progress");
    if (upto == 0) return refuse(done, "trim() up to position 0");
    trimmer_.trim(upto, std::move(done));
  }

  void last_entries(OnLastEntries done) override {
    read_last_entries(client_, keys_, options_.append_limit, std::move(done));
  }
  void members(OnMembers done) override {
    RangeRequest request = keys_under(keys_.nodes(), max_members);
    request.keys_only = false;
    client_.call(methods::range, encode(request), options_.append_limit, [this, done](const auto& answer) {
      if (!answer) return done(tl::unexpected(to_error(answer.error(), "list of nodes")));
      const Result<RangeResponse> range = decode_range(answer->message);
      if (!range) return done(tl::unexpected(range.error()));
      std::vector<Member> members;
      for (const KeyValue& kv : range->kvs) {
        const auto key = keys_.parse(kv.key);
        if (key) members.push_back({key->origin, kv.create_revision, std::string(kv.value)});
      }
      done(members);
    });
  }

  void evict(const Origin& origin, OnDone done) override {
    TxnRequest txn;
    txn.erase = {keys_.node_of(origin)};
    client_.call(methods::txn, encode(txn), options_.append_limit, [done = std::move(done)](const auto& answer) {
      answer ? done({}) : done(tl::unexpected(to_error(answer.error(), "end of a lease")));
    });
  }

  Liveness liveness() const override { return lease_.liveness(); }
  Health health() const override {
    Health health = health_.health();
    health.followed = watch_.followed();
    health.head = std::max({health.head, appender_.last(), health.followed});
    if (health.problem.empty()) health.problem = watch_.problem();
    return health;
  }

private:
  /// etcd was restored from an older copy: what is appended now comes at positions that were delivered before.
  void set_back() {
    if (lease_.liveness().lease == Lease::lost) return;
    lease_.lost();
    if (deliver_) deliver_(Vanished{watch_.followed(), options_.origin});
  }
  OnAppended check_position(OnAppended done) {
    return [this, done = std::move(done)](const AppendResult& result) {
      if (!result || *result > followed_) return done(result);
      set_back();
      done(tl::unexpected(AppendError{AppendError::Kind::refused, "etcd was set back to an older state"}));
    };
  }

  /// Handlers do not run inside the call that takes them.
  template <class Done>
  void later(Done done) {
    boost::asio::post(io_, [alive = std::weak_ptr(alive_), done = std::move(done)] {
      if (alive.lock()) done();
    });
  }
  void refuse(const OnDone& done, std::string_view why) {
    later([done, text = std::string(why)] { done(tl::unexpected(Error{Errc::invalid, text})); });
  }
  void refuse(const OnAppended& done, std::string_view why) {
    later([done, text = std::string(why)] { done(tl::unexpected(AppendError{AppendError::Kind::invalid, text})); });
  }

  boost::asio::io_context& io_;
  const Options options_;
  const Keys keys_;
  Client client_;
  HealthPoller health_;
  LeaseKeeper lease_;
  IdentityKey identity_;
  Appender appender_;
  Trimmer trimmer_;
  Watch watch_;
  OnDelivery deliver_;
  Position followed_ = 0; // when the append in progress began
  bool is_joining_ = false;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true); // as long as this log
};

} // namespace

Result<std::unique_ptr<Log>> make_etcd_log(boost::asio::io_context& io, Options options) {
  if (!Keys::is_valid_node(options.origin.node)) {
    return tl::unexpected(Error{Errc::invalid, "node \"" + options.origin.node +
                                                   "\": expected 1 to 64 of the characters A-Z a-z 0-9 . _ -"});
  }
  if (options.cluster.endpoints.empty()) return tl::unexpected(Error{Errc::invalid, "no member of etcd is named"});
  if (!options.credentials.user.empty() && !options.cluster.is_tls) {
    return tl::unexpected(Error{Errc::invalid, "a password for etcd needs https://"});
  }
  Members reached{options.cluster.endpoints, nullptr};
  if (options.cluster.is_tls) {
    Result<std::shared_ptr<const TlsContext>> tls = TlsContext::make(options.tls);
    if (!tls) return tl::unexpected(std::move(tls.error()));
    reached.tls = std::move(*tls);
  }
  return std::make_unique<EtcdLog>(io, std::move(options), reached);
}

} // namespace nvrhub::log::etcd
