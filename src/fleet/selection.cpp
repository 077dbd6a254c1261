#include "fleet/selection.hpp"

namespace nvrhub::fleet {

void Selection::add(const Event& event, bool unconfirmed_before, bool unconfirmed_after) {
  const auto [at, is_first] = runs_.try_emplace(event.nvr_id);
  Run& run = at->second;
  if (is_first) {
    run.there_before = event.before.there;
    run.matched_before = filter_.matched_before(event, unconfirmed_before);
  }
  run.last = event.seq;
  run.there_after = event.after.there;
  run.matches_after = filter_.matches_after(event, unconfirmed_after);
}

Selection::Fate Selection::fate(const Event& event) const {
  const auto at = runs_.find(event.nvr_id);
  if (at == runs_.end()) return Fate::hide;
  const Fate its = fate(at->second);
  const bool once = its == Fate::enter || its == Fate::leave;
  return once && event.seq != at->second.last ? Fate::hide : its;
}

Selection::Fate Selection::fate(const Run& run) {
  if (run.matched_before) return run.matches_after || !run.there_after ? Fate::pass : Fate::leave;
  if (!run.matches_after) return Fate::hide;
  return run.there_before ? Fate::enter : Fate::pass; // a new one comes with its `registered`
}

} // namespace nvrhub::fleet
