#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/fanout/event_batcher.hpp"
#include "actors/fanout/summary_aggregator.hpp"
#include "actors/messages.hpp"

namespace nvrhub::actors {

/// Events are sent in batches (protocol.md: about 20 ms after the first event, summaries four times a second).
inline constexpr std::chrono::milliseconds batch_interval{20};
/// While commits are paced, a batch leaves with the commit nearest to its time, so that one wake-up serves both: at
/// most this much earlier or later.
inline constexpr std::chrono::milliseconds max_batch_shift{5};
inline constexpr std::chrono::milliseconds summary_interval{250};
inline constexpr std::chrono::milliseconds empty_batch_interval{250};
/// A snapshot point that the fanout has not reached by then is replaced: it pins a read transaction of the store.
inline constexpr std::chrono::milliseconds snapshot_point_lifetime{1'000};
/// In a cluster a dashboard may come from a server that is ahead: it waits this long for this server to catch up.
inline constexpr std::chrono::milliseconds max_wait_for_position{5'000};
/// Store snapshots in use for building pages.
inline constexpr std::size_t max_pinned_snapshots = 8;
/// Subscription groups published per message handled; NVR actors get the thread in between.
inline constexpr std::size_t groups_per_message = 8;
/// NVRs of a lost server that are published at once.
inline constexpr std::size_t unconfirmed_per_flush = 256;

/// Whether dashboards are kept up to date about NVRs that are unconfirmed.
inline bool shows_unconfirmed(const fleet::Filter& filter, protocol::Detail detail) {
  return filter.problems || detail == protocol::Detail::counts;
}

class FanoutState {
public:
  using Self = FanoutActor::stateful_pointer<FanoutState>;

  void init(Self self, SharedPtr shared, std::shared_ptr<const store::Store> store,
            std::shared_ptr<Publisher> publisher, store::Epoch epoch, const fleet::IdSet& unconfirmed);

  void on(const Committed& message);
  void on(const Subscribe& message);
  void on(const FollowSites& message);
  void on(const Unfollow& message);
  void on(const FlushBatches& message);
  void on(const ContinueFlush& message);
  void on(const PagesBuilt& message);
  void on(const SummaryCounted& message);
  void on(const NvrsUnconfirmed& message);

private:
  using TimePoint = std::chrono::steady_clock::time_point;

  struct SubscriptionGroup {
    SubscriptionGroup(StreamId id, const SubscriptionSpec& spec, fleet::Seq covered)
        : stream(id), batcher(spec, covered) {}

    StreamId stream;
    EventBatcher batcher;
    std::size_t size = 0; // dashboards, including those that wait to be joined

    // The snapshot that is being built, shared by all who subscribe meanwhile, and the chunks published since it.
    InitialPagesPtr building;
    fleet::Seq building_seq = 0;
    std::vector<Chunk> backlog;

    SummaryAggregator aggregator; // if the spec is a summary
    enum class Count { none, requested, running } count = Count::none;
    std::vector<DashboardHandlePtr> count_waiters;
    TimePoint published_at{}; // the last message
  };

  /// The part of the legacy feed that belongs to some sites.
  struct SiteFeed {
    StreamId stream = legacy_feed;
    std::size_t size = 0; // followers
  };

  struct PendingSubscription {
    StreamId stream = legacy_feed;
    Subscribe message;
    TimePoint at{};
  };

  /// The fleet's state at a seq that the fanout has yet to reach.
  struct SnapshotPoint {
    std::shared_ptr<const store::Snapshot> snapshot;
    fleet::Seq seq = 0;
    fleet::Seq log_begin = 0;
    TimePoint created{};
  };

  // Messages and timing (fanout_actor.cpp)
  SubscriptionGroup& group_of(const SubscriptionSpec& spec);
  SubscriptionGroup* find(StreamId stream);
  void subscribe_summary(SubscriptionGroup& group, const Subscribe& message);
  void flush_soon();
  void flush();
  void publish_due(SubscriptionGroup& group);
  void wake_at(TimePoint at);
  std::chrono::milliseconds batch_shift() const;
  void collect_confirmed();
  fleet::IdSet& unconfirmed(); // for a change
  FleetView fleet_view(const store::Snapshot* snapshot) const { return {snapshot, *unconfirmed_, shared_->presence}; }
  TimePoint time() const;

  // The start of subscriptions (snapshot_points.cpp)
  void request_snapshot();
  void try_serve_snapshot_point();
  void serve_pending(const SnapshotPoint& point);
  void start_subscription(SubscriptionGroup& group, const Subscribe& message, const SnapshotPoint& point);
  bool is_ahead(const PendingSubscription& pending, const SnapshotPoint& point) const;
  bool can_recover(const protocol::Subscribe& request, const SnapshotPoint& point) const;
  PageInput page_input(const SubscriptionSpec& spec, const SnapshotPoint& point) const;

  // Output (publishing.cpp)
  void send_joined(SubscriptionGroup& group, const DashboardHandlePtr& handle, fleet::Seq seq, bool recovered,
                   InitialPagesPtr initial_pages, std::vector<Chunk> backlog,
                   const std::optional<std::string>& summary = std::nullopt);
  void publish_batch(SubscriptionGroup& group, const FleetView& view);
  void publish_summary(SubscriptionGroup& group);
  void publish_confirmed(const store::Snapshot& snapshot);
  void publish_unconfirmed(const store::Snapshot& snapshot);
  fleet::Event no_event(const fleet::Nvr& nvr) const;
  void enqueue(SubscriptionGroup& group, std::span<const std::string> messages);
  void publish_site_feeds(const std::vector<fleet::Event>& events);
  void publish();

  Self self_ = nullptr;
  SharedPtr shared_;
  std::shared_ptr<const store::Store> store_;
  std::shared_ptr<Publisher> publisher_;
  store::Epoch epoch_;
  fleet::Seq head_ = 0; // the last event received

  std::map<SubscriptionSpec, SubscriptionGroup> groups_;
  std::map<StreamId, SubscriptionGroup*> by_stream_;        // index of groups_
  std::map<std::vector<std::string>, SiteFeed> site_feeds_; // by sites
  StreamId next_stream_ = legacy_feed + 1;
  std::vector<PendingSubscription> pending_subscriptions_; // until a snapshot point is reached
  std::optional<SnapshotPoint> snapshot_point_;
  std::vector<std::weak_ptr<const store::Snapshot>> pinned_snapshots_;
  std::vector<Publication> publications_; // queued for publish()

  std::shared_ptr<fleet::IdSet> unconfirmed_; // copied before a change if page inputs share it
  std::vector<fleet::NvrId> confirmed_;       // still in unconfirmed_: not published yet
  std::deque<fleet::NvrId> held_by_lost_;     // by servers that were lost: not published yet
  fleet::Seq unconfirmed_changed_ = 0;        // head_ when unconfirmed_ last changed

  TimePoint last_flush_{};
  std::optional<StreamId> flush_position_; // during a flush: the last group's stream
  fleet::Seq flush_began_at_ = 0;
  bool flush_needs_snapshot_ = false;
  std::optional<TimePoint> wake_; // when the next FlushBatches arrives
};

/// Publishes committed events to the dashboards in order of `seq`: the legacy feed at once, subscriptions in batches.
/// Dashboards with equal specs form a subscription group and share its encoding. Snapshots, and NVRs that come to match
/// a filter, are read from the store at exactly the seq that has been published: the fanout takes a store snapshot, a
/// "snapshot point", and serves it once the events up to its seq have arrived (docs/internals/decisions/0013).
///
/// `unconfirmed`: NVRs that were online when the server last stopped, in a cluster those that a lost server held.
FanoutActor::behavior_type fanout(FanoutState::Self self, SharedPtr shared, std::shared_ptr<const store::Store> store,
                                  std::shared_ptr<Publisher> publisher, store::Epoch epoch, fleet::IdSet unconfirmed);

} // namespace nvrhub::actors
