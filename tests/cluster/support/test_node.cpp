#include "cluster/support/test_node.hpp"

#include "log/etcd/client.hpp"
#include "log/etcd/keys.hpp"
#include "log/etcd/messages.hpp"
#include "log/etcd/methods.hpp"
#include "log/support/log_node.hpp"
#include "store/entry/codec.hpp"
#include "store/entry/replicated.hpp"

namespace nvrhub::tests {
namespace {

using namespace std::chrono_literals;

constexpr auto hanging = 60s;

} // namespace

cluster::Options node_options(const EtcdMembers& etcd, const std::string& node) {
  cluster::Options options;
  options.etcd.cluster = {etcd.endpoints(), false, "fleet"};
  options.etcd.lease = 60s; // longer than any test: only some tests are about its end
  options.node = node;
  options.address = "http://" + node + ".example:8080";
  options.version = "9.8.7";
  options.grace = 5s;
  options.now = [] { return fleet::WallMillis{1'000}; };
  return options;
}

store::ClusterId found_by(const EtcdMembers& etcd, store::Store& store) {
  const auto genesis = cluster::found_cluster(node_options(etcd), store);
  if (!genesis) FAIL(genesis.error().message);
  return genesis->id;
}

StorePointer empty_store() {
  return good(store::Store::open(store::make_memory_backend()));
}

StorePointer joining_store(const store::ClusterId& id) {
  StorePointer store = empty_store();
  good(store->set_cluster(id));
  return store;
}

TestNode::TestNode(cluster::Options options, store::Store& store) : store_(store) {
  auto started = cluster::Node::start(std::move(options), store);
  if (!started) FAIL(started.error().message);
  node_ = std::move(*started);
  const auto on = [seen = seen_](auto set) {
    const std::lock_guard lock(seen->mutex);
    set(*seen);
    seen->changed.notify_all();
  };
  node_->attach({.on_delivered = [on] { on([](Seen& seen) { ++seen.delivered; }); },
                 .on_lost = [on](const auto& lost) { on([&](Seen& seen) { seen.lost = lost; }); },
                 .on_vanished = [on] { on([](Seen& seen) { ++seen.vanished; }); },
                 .on_fenced = [on] { on([](Seen& seen) { ++seen.fenced; }); },
                 .on_failed = [on](const auto& why) { on([&](Seen& seen) { seen.failures.push_back(why); }); }});
}

void TestNode::append(const store::Entry& entry) {
  ++appended_;
  node_->append(store::entry::encode(entry));
}

store::Applied TestNode::write(const store::Entry& entry) {
  append(entry);
  wait_for([&] { return own_.size() == appended_; });
  return own_.back();
}

void TestNode::wait_for(const std::function<bool()>& done) {
  const auto begin = std::chrono::steady_clock::now();
  while (!done()) {
    if (std::chrono::steady_clock::now() - begin > hanging) FAIL("what the test waits for never came");
    {
      std::unique_lock lock(seen_->mutex);
      seen_->changed.wait_for(lock, 20ms, [&] { return seen_->delivered > 0; });
      if (seen_->delivered == 0) continue; // only what was announced is taken: an announcement must not be missing
      seen_->delivered = 0;
    }
    const std::vector<actors::DeliveredEntry> entries = node_->take();
    auto applied = good(cluster::apply_delivered(store_, entries));
    for (std::size_t i = 0; i < entries.size(); ++i)
      if (entries[i].origin == node_->self()) own_.push_back(std::move(applied[i]));
  }
}

std::vector<store::Origin> TestNode::find_lost(const std::vector<store::Origin>& known) {
  {
    const std::lock_guard lock(seen_->mutex);
    seen_->lost.reset();
  }
  node_->find_lost(known);
  wait_for([&] {
    const std::lock_guard lock(seen_->mutex);
    return seen_->lost.has_value();
  });
  return *seen_->lost;
}

std::vector<std::pair<store::Origin, store::OriginState>> TestNode::origins() const {
  std::vector<std::pair<store::Origin, store::OriginState>> found;
  good(good(store_.snapshot()).each_origin([&](const store::Origin& origin, const store::OriginState& state) {
    found.emplace_back(origin, state);
  }));
  return found;
}

int TestNode::fenced() const {
  const std::lock_guard lock(seen_->mutex);
  return seen_->fenced;
}
int TestNode::vanished() const {
  const std::lock_guard lock(seen_->mutex);
  return seen_->vanished;
}
std::vector<std::string> TestNode::failures() const {
  const std::lock_guard lock(seen_->mutex);
  return seen_->failures;
}

void require_equal(TestNode& one, const store::Store& one_store, TestNode& other, const store::Store& other_store) {
  const store::LogPosition last = std::max(one.applied(), other.applied());
  one.wait_for([&] { return one.applied() >= last; });
  other.wait_for([&] { return other.applied() >= last; });
  CHECK(good(first_difference(good(one_store.snapshot()).txn(), good(other_store.snapshot()).txn())) == std::nullopt);
  test::require_clean(one_store);
  test::require_clean(other_store);
}

store::Applied bring_online(TestNode& node, const std::string& hostname) {
  const store::Applied claims = node.write(store::entry::Claims{{{hostname, 0}}});
  REQUIRE(claims.claims.size() == 1);
  const store::Claimed claimed = *claims.claims[0];
  std::vector<fleet::Event> events;
  if (claimed.nvr_id == 0) events.push_back(test::registered(test::nvr_named(hostname, {"door"}), 2'000));
  events.push_back(test::change(fleet::Kind::nvr_online, 2'000, {{"door", fleet::Status::online()}}));
  return node.write(store::entry::Batch{{test::write_of(claimed.nvr_id, events, claimed.session)}});
}

void delete_lease_key(const EtcdMembers& etcd, const store::Origin& origin) {
  boost::asio::io_context io;
  const log::etcd::Keys keys("fleet");
  log::etcd::TxnRequest txn;
  txn.erase = {keys.node_of({origin.node, origin.boot})};
  bool is_done = false;
  log::etcd::Client client(io, {etcd.endpoints(), nullptr}, {}, 1s);
  client.call(log::etcd::methods::txn, encode(txn), log::etcd::Client::forever, [&](const auto& answer) {
    CHECK(answer);
    is_done = true;
  });
  run_until(io, [&] { return is_done; });
}

} // namespace nvrhub::tests
