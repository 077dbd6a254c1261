// Entries of the replicated log (store/entry): bytes from another server. What decodes is applied to a store with a
// small fleet, which must stay clean, and equal to a second store that applies the re-encoded entry; then the same as
// an entry of a log, by a member of a cluster.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fuzz/support/must.hpp"
#include "store/entry/codec.hpp"
#include "store/entry/replicated.hpp"
#include "store/integrity/check.hpp"
#include "store/memory_backend.hpp"

using namespace nvrhub;
using namespace nvrhub::fuzz;

namespace {

store::Write registration(const std::string& hostname) {
  store::Write write;
  fleet::Event& event = write.events.emplace_back();
  event.kind = fleet::Kind::registered;
  event.at = 1'000;
  event.nvr.emplace();
  event.nvr->hostname = hostname;
  event.nvr->add("door", "");
  event.nvr->add("gate", "");
  return write;
}

/// A store with NVRs 1 (a) and 2 (b).
std::unique_ptr<store::Store> small_fleet() {
  auto opened = store::Store::open(store::make_memory_backend());
  must(opened.has_value(), "an empty store opens");
  const std::string batch = store::entry::encode(store::entry::Batch{{registration("a"), registration("b")}});
  must((*opened)->apply(batch, store::OnDamage::stop).has_value(), "a registration applies");
  return std::move(*opened);
}

const store::Origin sender{"a", 2};
const store::Origin lost{"a", 1};

void apply_to(store::Store& store, store::LogPosition position, const store::Origin& origin, std::uint64_t number,
              const store::Entry& entry) {
  const std::string bytes = store::entry::encode(entry);
  const store::LogEntry of_log{position, origin, number, bytes};
  must(store.apply({&of_log, 1}).has_value(), "an entry of the fleet's setup applies");
}

/// NVRs 1 (a) and 2 (b) are online by a lost origin, NVR 2 was claimed since.
std::unique_ptr<store::Store> cluster_of_two() {
  auto opened = store::Store::open(store::make_memory_backend());
  must(opened.has_value(), "an empty store opens");
  store::entry::Batch batch{{registration("a"), registration("b")}};
  for (store::Write& write : batch.writes) {
    write.session = 1;
    write.events.front().nvr->online = true;
  }
  apply_to(**opened, 1, lost, 1, store::entry::NodeJoined{lost, "", 1'000, 0});
  apply_to(**opened, 2, lost, 2, batch);
  apply_to(**opened, 3, sender, 1, store::entry::NodeJoined{sender, "", 1'000, 0});
  apply_to(**opened, 4, sender, 2, store::entry::Claims{{{"b", 0}}});
  return std::move(*opened);
}

store::Result<std::vector<store::Applied>> apply_by_member(store::Store& store, std::string_view bytes) {
  const store::LogEntry entry{5, sender, 3, bytes};
  return store.apply({&entry, 1});
}

/// Such a link is one of another log.
bool names_a_link(const store::Entry& entry) {
  const auto* const liveness = std::get_if<store::entry::Liveness>(&entry);
  return liveness != nullptr && liveness->applied.position != 0;
}

void must_be_equal_and_clean(const store::Store& one, const store::Store& other) {
  const auto left = one.snapshot();
  const auto right = other.snapshot();
  must(left && right, "a store is readable");
  const auto difference = store::first_difference(left->txn(), right->txn());
  must(difference && !*difference, "two stores that applied one entry hold the same data");
  must(store::check(*left).problems.empty(), "a store stays clean whatever is applied");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto entry = store::entry::decode(bytes);
  if (!entry) {
    must(entry.error().code == store::Errc::malformed && !entry.error().message.empty(),
         "bytes that are no entry are malformed, with a reason");
    return 0;
  }
  const std::string again = store::entry::encode(*entry);
  must(again.size() <= size, "re-encoding does not grow an entry");
  const auto re_decoded = store::entry::decode(again);
  must(re_decoded && store::entry::encode(*re_decoded) == again, "re-encoding keeps the entry");

  const auto one = small_fleet();
  const auto other = small_fleet();
  const auto applied = one->apply(bytes, store::OnDamage::stop);
  const auto same = other->apply(again, store::OnDamage::stop);
  must(applied.has_value() == same.has_value(), "two stores agree on an entry");
  must(applied || applied.error().code == store::Errc::malformed, "an entry damages no store");
  must_be_equal_and_clean(*one, *other);

  const auto node = cluster_of_two();
  const auto peer = cluster_of_two();
  const auto at_node = apply_by_member(*node, bytes);
  const auto at_peer = apply_by_member(*peer, bytes);
  must(at_node.has_value() == at_peer.has_value(), "two nodes agree on an entry");
  must(at_node || at_node.error().code == store::Errc::malformed || names_a_link(*entry),
       "an entry damages no store of a cluster");
  must_be_equal_and_clean(*node, *peer);
  return 0;
}
