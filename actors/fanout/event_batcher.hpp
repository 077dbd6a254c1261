#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "actors/messages.hpp"

namespace nvrhub::actors {

/// A committed event with its JSON, encoded at most once per detail for all subscription groups.
class EncodedEventCache {
public:
  /// `unconfirmed`: whether the event's NVR was unconfirmed right before the event.
  EncodedEventCache(std::shared_ptr<const fleet::Event> event, bool unconfirmed)
      : event_(std::move(event)), unconfirmed_(unconfirmed) {}

  const fleet::Event& event() const { return *event_; }
  bool unconfirmed_before() const { return unconfirmed_; }
  bool unconfirmed_after() const { return unconfirmed_ && event_->kind != fleet::Kind::nvr_offline; }
  /// Empty: the event is not visible at that detail.
  std::string_view text(protocol::Detail detail) const;

private:
  std::shared_ptr<const fleet::Event> event_;
  bool unconfirmed_;
  mutable std::array<std::optional<std::string>, 3> texts_;
};
using EncodedEventCachePtr = std::shared_ptr<const EncodedEventCache>;

/// Read access to the fleet at one seq.
struct FleetView {
  const store::Snapshot* snapshot = nullptr; // null: not available
  const fleet::IdSet& unconfirmed;
  const Presence& presence;
};

/// The NVR right after event `seq`, as JSON; empty if it did not exist then or `view` has no snapshot.
/// REQUIRES: `seq` is not above that of `view`.
std::string nvr_text(const FleetView& view, fleet::NvrId id, fleet::Seq seq, protocol::Detail detail);

/// Estimate of the most bytes that this event takes with a filter, under which it may become a whole NVR (`entered`).
std::size_t max_bytes(const fleet::Event& event, std::string_view text, protocol::Detail detail);
/// With a filter a batch describes a run of events as a whole (fleet/selection.hpp), since a dashboard may resume from
/// its end: it cannot be split after encoding. Runs end at this many bytes.
inline constexpr std::size_t run_bytes = 192 * 1024;

/// Collects events for one subscription group between two publications.
class EventBatcher {
public:
  /// Followers have received everything up to `covered`.
  EventBatcher(const SubscriptionSpec& spec, fleet::Seq covered) : spec_(spec), covered_(covered) {}

  const SubscriptionSpec& spec() const { return spec_; }
  /// The `to` of the last batch.
  fleet::Seq covered() const { return covered_; }
  void add(const EncodedEventCachePtr& encoded);
  bool has_events() const { return !events_.empty(); }
  /// Some NVR comes to match the filter: take() needs a FleetView with a snapshot.
  bool needs_snapshot() const;
  /// The messages that bring followers to `to`, the seq of `view`.
  std::vector<std::string> take(fleet::Seq to, const FleetView& view);

private:
  std::vector<std::string> encode_runs(fleet::Seq to, const FleetView& view);
  std::string encode_run(std::span<const EncodedEventCachePtr> run, fleet::Seq end, const FleetView& view) const;

  SubscriptionSpec spec_;
  fleet::Seq covered_;
  std::vector<EncodedEventCachePtr> events_;
  std::unordered_set<fleet::NvrId> affected_; // with a filter: the NVRs of events_
};

} // namespace nvrhub::actors
