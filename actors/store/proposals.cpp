// The store actor in a cluster appends what is queued to the log, one entry at a time.
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include <caf/actor_cast.hpp>

#include "actors/store/store_actor.hpp"
#include "store/entry/codec.hpp"

namespace nvrhub::actors {

namespace {

// Of one entry. What is queued beyond that goes into the next one, which a leader of etcd syncs as fast.
constexpr std::size_t max_entry_claims = 1'024;
constexpr std::size_t max_entry_writes = 1'024;
constexpr std::size_t target_entry_bytes = std::size_t{128} << 10;

} // namespace

void StoreState::on(const ClaimSession& message) {
  shared_->commit_gate.arrived();
  claims_.push_back({message.hostname, caf::actor_cast<NvrActor>(self_->current_sender())});
  is_fenced_ ? refuse_queued() : commit_soon(true);
}

/// Appends the next entry unless one is on its way. The kinds take turns.
void StoreState::propose() {
  if (own_ || is_fenced_) return;
  commit_began_ = self_->clock().now();
  switch (last_kind_) {
  case Kind::claims:
    (void)(propose_batch() || propose_other() || propose_claims());
    break;
  case Kind::batch:
    (void)(propose_other() || propose_claims() || propose_batch());
    break;
  case Kind::other:
    (void)(propose_claims() || propose_batch() || propose_other());
    break;
  }
}

/// A watermark waits for an entry that is proposed after it was asked for: an empty one, if there is no other.
void StoreState::propose_for_watermarks() {
  const bool is_idle = !own_ && !is_fenced_ && claims_.empty() && queue_.empty() && others_.empty();
  if (watermarks_.empty() || !is_idle) return;
  (void)append({Kind::batch, 0}, store::entry::encode(std::span<const store::Write>{}));
}

/// False: it is too large.
bool StoreState::append(OwnEntry entry, std::string bytes) {
  std::vector<std::string> parts = store::entry::split(std::move(bytes), Replicator::max_entry);
  if (parts.empty()) return false;
  own_ = entry;
  last_kind_ = entry.kind;
  ++proposed_;
  options_.replicator->append(std::move(parts.front()));
  parts_.assign(std::make_move_iterator(parts.begin() + 1), std::make_move_iterator(parts.end()));
  return true;
}

bool StoreState::propose_claims() {
  if (claims_.empty()) return false;
  store::entry::Claims entry;
  for (const QueuedClaim& claim : claims_) {
    if (entry.claims.size() == max_entry_claims) break;
    entry.claims.push_back({claim.hostname, 0});
  }
  const std::size_t count = entry.claims.size();
  return append({Kind::claims, count}, store::entry::encode(store::Entry(std::move(entry))));
}

bool StoreState::propose_batch() {
  if (queue_.empty()) return false;
  std::vector<store::Write> writes;
  for (const QueuedWrite& queued : queue_) {
    if (writes.size() == max_entry_writes) break;
    writes.push_back(std::move(queued.job->write));
  }
  std::string bytes = store::entry::encode(writes);
  while (bytes.size() > target_entry_bytes && writes.size() > 1) {
    for (std::size_t i = (writes.size() + 1) / 2; i < writes.size(); ++i)
      queue_[i].job->write = std::move(writes[i]);
    writes.resize((writes.size() + 1) / 2);
    bytes = store::entry::encode(writes);
  }
  if (writes.size() == queue_.size()) urgent_queued_ = false;
  if (append({Kind::batch, writes.size()}, std::move(bytes))) return true;
  std::vector<store::Result<fleet::NvrId>> refused{
      tl::make_unexpected(store::Error{store::Errc::malformed, "the change is too large for the cluster's log"})};
  answer(1, refused);
  return propose_batch();
}

bool StoreState::propose_other() {
  if (others_.empty()) return false;
  return append({Kind::other, 1}, store::entry::encode(others_.front()));
}

} // namespace nvrhub::actors
