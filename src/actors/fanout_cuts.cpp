// How a subscription begins: at a cut, the state of the store at exactly the seq that has been told.
#include "actors/fanout.hpp"

#include <utility>

#include <caf/send.hpp>

namespace nvrhub::actors {

void FanoutState::want_cut() {
  if (cut_) return;
  auto snapshot = store_->snapshot();
  const auto head = snapshot ? snapshot->head() : tl::make_unexpected(snapshot.error());
  const auto begin = snapshot ? snapshot->log_begin() : tl::make_unexpected(snapshot.error());
  if (!head || !begin) return wake_at(time() + summary_interval); // the store is being opened again
  cut_ = Cut{std::make_shared<const store::Snapshot>(std::move(*snapshot)), *head, *begin, time()};
  try_cut();
  if (cut_) wake_at(cut_->taken + cut_lifetime);
}

void FanoutState::try_cut() {
  if (head_ < cut_->seq) return; // on their way here
  const Cut cut = std::move(*cut_);
  cut_.reset();
  gather_confirmed();
  const auto catch_up = [&](Audience& audience) {
    if (!audience.view.spec().summary && audience.view.covered() < head_) tell(audience, now(cut.snapshot.get()));
  };
  for (auto& [spec, audience] : audiences_) {
    if (!confirmed_.empty() || audience.view.needs_state()) catch_up(audience);
  }
  for (const Waiting& waiting : waiting_) {
    if (Audience* audience = find(waiting.stream)) catch_up(*audience);
  }
  tell_confirmed(*cut.snapshot);
  for (auto& [spec, audience] : audiences_) {
    if (spec.summary) tell_summary(audience);
  }
  serve(cut);
  if (!unconfirmed_->empty()) wake_at(last_flush_ + batch_interval);
}

/// Each cut that is served pins a view of the store until its pages are made: there may only be a few at a time.
void FanoutState::serve(const Cut& cut) {
  std::erase_if(lent_, [](const auto& snapshot) { return snapshot.expired(); });
  if (lent_.size() >= most_lent) return wake_at(time() + batch_interval);
  lent_.push_back(cut.snapshot);
  for (const Waiting& waiting : std::exchange(waiting_, {})) {
    if (Audience* audience = find(waiting.stream)) join(*audience, waiting.ask, cut);
  }
  for (auto& [spec, audience] : audiences_) {
    if (audience.count != Audience::Count::wanted) continue;
    audience.count = Audience::Count::running;
    audience.census.begin();
    sink_->count(work(spec, cut), [fanout = FanoutActor{self_}, stream = audience.stream](const auto& summary) {
      caf::anon_send(fanout, Counted{stream, summary});
    });
  }
}

void FanoutState::join(Audience& audience, const Subscribe& ask, const Cut& cut) {
  const ViewSpec& spec = audience.view.spec();
  if (is_recoverable(*ask.what, cut)) {
    shared_->counters.mine().recoveries.add();
    const fleet::Seq since = ask.what->since->seq;
    PreludePtr missed = since < cut.seq ? sink_->make_catch_up(work(spec, cut), since) : nullptr;
    return greet(audience, ask.outlet, cut.seq, true, std::move(missed), {});
  }
  shared_->counters.mine().snapshots.add();
  if (!audience.building) {
    audience.building_seq = cut.seq;
    audience.building = sink_->make_snapshot(work(spec, cut), [fanout = FanoutActor{self_}, stream = audience.stream] {
      caf::anon_send(fanout, Built{stream});
    });
  }
  greet(audience, ask.outlet, audience.building_seq, false, audience.building, audience.since_building);
}

/// What became of `unconfirmed` while the dashboard was away stands in no event.
bool FanoutState::is_recoverable(const protocol::Subscribe& ask, const Cut& cut) const {
  if (!ask.since || ask.since->epoch != epoch_) return false;
  const fleet::Seq since = ask.since->seq;
  if (since > cut.seq || since + 1 < cut.log_begin) return false;
  const bool shows_unconfirmed = ask.filter.problems || ask.detail == protocol::Detail::counts;
  return !shows_unconfirmed || since > unconfirmed_changed_;
}

PagesWork FanoutState::work(const ViewSpec& spec, const Cut& cut) const {
  return {spec, cut.snapshot, cut.seq, unconfirmed_};
}

} // namespace nvrhub::actors
