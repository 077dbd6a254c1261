#include "fleet/selection.hpp"

namespace nvrhub::fleet {

void Selection::add(const Event& event, bool unconfirmed_before, bool unconfirmed_after) {
  const auto [at, is_first] = runs_.try_emplace(event.nvr_id);
  Run& run = at->second;
  if (is_first) {
    run.existed_before = event.before.exists;
    run.matched_before = filter_.matched_before(event, unconfirmed_before);
  }
  run.last = event.seq;
  run.exists_after = event.after.exists;
  run.matches_after = filter_.matches_after(event, unconfirmed_after);
}

Selection::FilterTransition Selection::transition(const Event& event) const {
  const auto at = runs_.find(event.nvr_id);
  if (at == runs_.end()) return FilterTransition::hide;
  const FilterTransition its = transition(at->second);
  const bool once = its == FilterTransition::enter || its == FilterTransition::leave;
  return once && event.seq != at->second.last ? FilterTransition::hide : its;
}

Selection::FilterTransition Selection::transition(const Run& run) {
  if (run.matched_before)
    return run.matches_after || !run.exists_after ? FilterTransition::pass : FilterTransition::leave;
  if (!run.matches_after) return FilterTransition::hide;
  return run.existed_before ? FilterTransition::enter
                            : FilterTransition::pass; // a new NVR: its `registered` has all of it
}

} // namespace nvrhub::fleet
