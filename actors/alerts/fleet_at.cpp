#include "actors/alerts/fleet_at.hpp"

#include <map>
#include <set>
#include <utility>

#include "store/history/history.hpp"
#include "store/try.hpp"

namespace nvrhub::actors {

store::Result<void> each_nvr_at(const store::Snapshot& snapshot, fleet::Seq seq,
                                const std::function<void(const fleet::Nvr&)>& visit) {
  std::set<fleet::NvrId> changed;
  NVRHUB_LET(head, snapshot.head());
  NVRHUB_TRY(snapshot.each_event(seq, head, std::nullopt, [&](fleet::Event&& event) {
    if (event.nvr_id != 0) changed.insert(event.nvr_id);
    return true;
  }));
  std::map<fleet::NvrId, fleet::WallMillis> seen; // of those that changed
  NVRHUB_TRY(snapshot.each_nvr(0, [&](fleet::Nvr&& nvr) {
    if (!changed.contains(nvr.id)) {
      visit(nvr);
    } else {
      seen[nvr.id] = nvr.last_seen;
    }
    return true;
  }));
  const store::History history(snapshot);
  NVRHUB_LET(log_begin, snapshot.log_begin());
  for (const fleet::NvrId id : changed) {
    NVRHUB_LET(nvr, history.nvr_at(id, seq));
    if (!nvr) continue;
    NVRHUB_LET(last_offline, history.last_offline(id, seq));
    // An NVR that was never online has no offline; one whose last offline was pruned cannot be told from it.
    const bool was_online = nvr->online || last_offline || (log_begin > 1 && seen[id] != 0);
    nvr->last_seen = was_online ? 1 : 0;
    visit(*nvr);
  }
  return {};
}

} // namespace nvrhub::actors
