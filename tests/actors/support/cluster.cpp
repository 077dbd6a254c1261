#include "actors/support/cluster.hpp"

#include <algorithm>

#include <caf/send.hpp>

#include "store/entry/codec.hpp"
#include "store/entry/replicated.hpp"
#include "store/support/stores.hpp"

namespace nvrhub::actors::test {

using nvrhub::test::good;

void Node::deliver(const DeliveredEntry& entry) {
  if (inbox_.empty()) caf::anon_send(world->store, Delivered{});
  inbox_.push_back(entry);
}

void Node::fence() {
  is_fenced_ = true;
  appended.reset();
  caf::anon_send(world->store, Fenced{});
}

Cluster::Cluster(std::size_t nodes, Settings settings) {
  settings.in_cluster = true;
  for (std::size_t i = 0; i < nodes; ++i)
    nodes_.push_back(std::make_unique<Node>(std::string(1, static_cast<char>('a' + i))));
  for (const auto& joining : nodes_) {
    const std::string joined = store::entry::encode(store::Entry(store::entry::NodeJoined{
        joining->self(), "", joining->machine->wall, static_cast<std::uint64_t>(settings.restart_grace.count())}));
    ++position_;
    joining->entries = 1;
    for (const auto& each : nodes_) {
      const store::LogEntry entry{position_, joining->self(), 1, joined};
      good(each->machine->data->apply(std::span(&entry, 1)));
    }
  }
  for (const auto& each : nodes_) {
    Setup setup;
    setup.machine = each->machine;
    setup.settings = settings;
    setup.store.replicator = each.get();
    each->world = std::make_unique<World>(std::move(setup));
  }
}

Cluster::~Cluster() {
  for (const auto& each : nodes_)
    each->fence();
  handle();
}

void Cluster::handle() {
  for (const auto& each : nodes_)
    each->world->run();
}

bool Cluster::deliver(std::size_t i) {
  Node& node = *nodes_[i];
  if (!node.appended || node.is_held) return false;
  append(node.self(), ++node.entries, *std::exchange(node.appended, std::nullopt));
  return true;
}

void Cluster::append(const store::Origin& origin, std::uint64_t number, const std::string& bytes) {
  const DeliveredEntry entry{++position_, origin, number, bytes};
  for (const auto& each : nodes_) {
    if (each->is_alive() && !each->is_held) each->deliver(entry);
  }
}

void Cluster::run() {
  for (bool any = true; any;) {
    handle();
    any = false;
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      any = deliver(i) || any;
  }
}

void Cluster::pass(std::chrono::milliseconds time) {
  run();
  for (const auto& each : nodes_)
    each->world->advance(time);
  run();
}

void Cluster::kill(std::size_t i) {
  nodes_[i]->fence();
  nodes_[i]->world->run();
}

void Cluster::answer_find_lost(std::size_t i) {
  std::vector<store::Origin> lost = std::exchange(nodes_[i]->asked, {});
  std::erase_if(lost, [this](const store::Origin& origin) {
    return std::any_of(nodes_.begin(), nodes_.end(),
                       [&](const auto& each) { return each->self() == origin && each->is_alive(); });
  });
  caf::anon_send(nodes_[i]->world->store, LostOrigins{std::move(lost)});
}

void Cluster::register_nvr(const std::string& hostname, const std::vector<std::string>& cameras) {
  (*this)[0].ingest(hostname, cameras);
  run();
  for (const auto& each : nodes_)
    each->world->new_events();
}

std::string Cluster::difference() {
  const Node* first = nullptr;
  for (const auto& each : nodes_) {
    if (!each->is_alive()) continue;
    if (!each->failures.empty()) return each->failures.front();
    if (!each->world->is_clean()) return each->self().node + " is damaged";
    if (first == nullptr) {
      first = each.get();
      continue;
    }
    const store::Snapshot one = good(first->machine->data->snapshot());
    const store::Snapshot other = good(each->machine->data->snapshot());
    if (const auto found = good(store::first_difference(one.txn(), other.txn()))) return *found;
  }
  return "";
}

} // namespace nvrhub::actors::test
