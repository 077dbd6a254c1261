#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "actors/interfaces.hpp"

namespace nvrhub::actors {

/// A committed event on its way to the dashboards: encoded once per detail, whoever wants it.
class Item {
public:
  /// `unconfirmed`: whether the event's NVR was, right before the event.
  Item(std::shared_ptr<const fleet::Event> event, bool unconfirmed)
      : event_(std::move(event)), unconfirmed_(unconfirmed) {}

  const fleet::Event& event() const { return *event_; }
  bool unconfirmed_before() const { return unconfirmed_; }
  bool unconfirmed_after() const { return unconfirmed_ && event_->kind != fleet::Kind::nvr_offline; }
  /// Empty: at that detail there is nothing to tell.
  std::string_view text(protocol::Detail detail) const;

private:
  std::shared_ptr<const fleet::Event> event_;
  bool unconfirmed_;
  mutable std::array<std::optional<std::string>, 3> texts_;
};
using ItemPtr = std::shared_ptr<const Item>;

/// The fleet at one seq.
struct Now {
  const store::Snapshot* state = nullptr; // null: not at hand
  const fleet::IdSet& unconfirmed;
  const Presence& presence;
};

/// The NVR as the event `seq` left it, as JSON; empty if it was not there or `now` has no state. `seq` is not above
/// that of `now`.
std::string nvr_text(const Now& now, fleet::NvrId id, fleet::Seq seq, protocol::Detail detail);

/// How many bytes telling of this event may take with a filter, which may have to tell the whole NVR instead.
std::size_t most_bytes(const fleet::Event& event, std::string_view text, protocol::Detail detail);
/// With a filter a batch tells of a whole run of events (fleet/selection.hpp), so that a dashboard may come back where
/// it ends: it can't be split once it is made.
inline constexpr std::size_t run_bytes = 192 * 1024;

/// The events that have gathered for the followers of one view since they were last told.
class View {
public:
  /// Followers know everything up to `covered`.
  View(const ViewSpec& spec, fleet::Seq covered) : spec_(spec), covered_(covered) {}

  const ViewSpec& spec() const { return spec_; }
  /// The last event that followers have been told of, or told to be none of theirs.
  fleet::Seq covered() const { return covered_; }
  void add(const ItemPtr& item);
  bool has_news() const { return !news_.empty(); }
  /// Some NVR comes to match the filter: take() needs the fleet's state.
  bool needs_state() const;
  /// The messages that bring followers to `to`, the seq of `now`.
  std::vector<std::string> take(fleet::Seq to, const Now& now);

private:
  std::vector<std::string> take_runs(fleet::Seq to, const Now& now);
  std::string tell_run(std::span<const ItemPtr> run, fleet::Seq end, const Now& now) const;

  ViewSpec spec_;
  fleet::Seq covered_;
  std::vector<ItemPtr> news_;
  std::unordered_set<fleet::NvrId> touched_; // with a filter: those that news_ tells of
};

} // namespace nvrhub::actors
