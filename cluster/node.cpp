#include "cluster/node.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "store/try.hpp"

namespace nvrhub::cluster {
namespace {

constexpr std::size_t max_batch = 256; // entries in a transaction

} // namespace

Node::Node(std::unique_ptr<LogThread> thread, log::Origin self, std::size_t max_queued)
    : self_{self.node, self.boot}, thread_(std::move(thread)),
      loop_(std::make_unique<NodeLoop>(thread_->io(), thread_->log(), std::move(self), max_queued)) {}

Node::~Node() {
  thread_->stop(); // then nothing uses the loop
}

void Node::attach(Callbacks callbacks) {
  thread_->post([this, callbacks = std::move(callbacks)] { loop_->attach(callbacks); });
}

void Node::append(std::string entry) {
  thread_->post([this, entry = std::move(entry)]() mutable { loop_->append(std::move(entry)); });
}

std::vector<actors::DeliveredEntry> Node::take() {
  DeliveryQueue::Taken taken = loop_->queue().take();
  if (taken.was_full) thread_->post([this] { loop_->resume(); });
  return std::move(taken.entries);
}

void Node::find_lost(std::vector<store::Origin> known) {
  thread_->post([this, known = std::move(known)]() mutable { loop_->find_lost(std::move(known)); });
}

void Node::trim(store::LogPosition upto) {
  thread_->post([this, upto] { loop_->trim(upto); });
}

void Node::fail(const std::string& why) {
  thread_->post([this, why] { loop_->fail(why); });
}

Result<void> Node::leave(std::chrono::milliseconds limit) {
  const auto left =
      ask<log::Result<void>>(*thread_, after(limit), [this](log::Log&, const auto& done) { loop_->leave(done); });
  if (!left) return cluster::fail(Errc::unavailable, "etcd did not end the lease in time: it ends by itself");
  if (!*left) return tl::make_unexpected(to_error(left->error()));
  return {};
}

store::Result<std::vector<store::Applied>> apply_delivered(store::Store& store,
                                                           const std::vector<actors::DeliveredEntry>& entries) {
  std::vector<store::LogEntry> views;
  views.reserve(entries.size());
  for (const actors::DeliveredEntry& entry : entries)
    views.push_back({entry.position, entry.origin, entry.number, entry.bytes});
  std::vector<store::Applied> applied;
  for (std::size_t at = 0; at < views.size(); at += max_batch) {
    const std::span batch = std::span(views).subspan(at, std::min(max_batch, views.size() - at));
    NVRHUB_LET(results, store.apply(batch));
    std::move(results.begin(), results.end(), std::back_inserter(applied));
  }
  return applied;
}

} // namespace nvrhub::cluster
