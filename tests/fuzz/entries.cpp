// Entries of the replicated log (store/entry): bytes from another server. What decodes is applied to a store with a
// small fleet, which must stay clean, and equal to a second store that applies the re-encoded entry.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

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
  const auto left = one->snapshot();
  const auto right = other->snapshot();
  must(left && right, "a store is readable");
  const auto difference = store::first_difference(left->txn(), right->txn());
  must(difference && !*difference, "two stores that applied one entry hold the same data");
  must(store::check(*left).problems.empty(), "a store stays clean whatever is applied");
  return 0;
}
