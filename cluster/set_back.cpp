#include "cluster/set_back.hpp"

#include <algorithm>

namespace nvrhub::cluster {

store::Result<bool> was_set_back(const store::Snapshot& snapshot, const log::LastEntries& last) {
  bool found = false;
  const auto walked = snapshot.each_origin([&](const store::Origin& origin, const store::OriginState& state) {
    const log::Origin wanted{origin.node, origin.boot};
    const auto kept =
        std::find_if(last.numbers.begin(), last.numbers.end(), [&](const auto& one) { return one.origin == wanted; });
    if (kept != last.numbers.end()) {
      found = found || kept->number < state.last_entry;
    } else {
      // A trim removes what an origin has written before the trim's position only.
      found = found || (last.is_complete && state.joined && state.joined_position > last.trimmed);
    }
  });
  if (!walked) return tl::make_unexpected(walked.error());
  return found;
}

} // namespace nvrhub::cluster
