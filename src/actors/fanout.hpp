#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/census.hpp"
#include "actors/interfaces.hpp"
#include "actors/view.hpp"

namespace nvrhub::actors {

/// How late news may be, so that many changes cost one message (protocol.md: at most 25 ms, summaries 4 a second).
inline constexpr std::chrono::milliseconds batch_interval{20};
inline constexpr std::chrono::milliseconds summary_interval{250};
inline constexpr std::chrono::milliseconds empty_batch_interval{250};
/// A cut that is not reached by then is taken anew: it pins a view of the store.
inline constexpr std::chrono::milliseconds cut_lifetime{1'000};
/// Cuts whose pages are being made.
inline constexpr std::size_t most_lent = 8;
/// Audiences told at a time: then those whose reports wait for the thread have their turn.
inline constexpr std::size_t told_at_a_time = 8;

class FanoutState {
public:
  using Self = FanoutActor::stateful_pointer<FanoutState>;

  void init(Self self, SharedPtr shared, std::shared_ptr<const store::Store> store, std::shared_ptr<FeedSink> sink,
            store::Epoch epoch, const fleet::IdSet& unconfirmed);

  void on(const Committed& message);
  void on(const Subscribe& message);
  void on(const FollowSites& message);
  void on(const Leave& message);
  void on(const Flush& message);
  void on(const TellMore& message);
  void on(const Built& message);
  void on(const Counted& message);

private:
  using TimePoint = std::chrono::steady_clock::time_point;

  struct Audience {
    Audience(StreamId id, const ViewSpec& spec, fleet::Seq covered) : stream(id), view(spec, covered) {}

    StreamId stream;
    View view;
    std::size_t size = 0; // followers, and those about to be

    // The snapshot being made, for all who ask meanwhile, and what was told since it was taken.
    PreludePtr building;
    fleet::Seq building_seq = 0;
    std::vector<Chunk> since_building;

    Census census; // of a summary
    enum class Count { none, wanted, running } count = Count::none;
    std::vector<DashboardOutletPtr> waiting_count;
    TimePoint told_at{}; // the last message to them
  };

  /// Of the seed's feed, what is of some sites.
  struct SiteFeed {
    StreamId stream = seed_feed;
    std::size_t size = 0; // followers
  };

  struct Waiting {
    StreamId stream = seed_feed;
    Subscribe ask;
  };

  /// The fleet's state at a seq that the fanout has yet to reach.
  struct Cut {
    std::shared_ptr<const store::Snapshot> snapshot;
    fleet::Seq seq = 0;
    fleet::Seq log_begin = 0;
    TimePoint taken{};
  };

  Audience& audience_of(const ViewSpec& spec);
  Audience* find(StreamId stream);
  void subscribe_summary(Audience& audience, const Subscribe& message);

  void flush_soon();
  void flush();
  void tell_due(Audience& audience);
  void wake_at(TimePoint at);
  void want_cut();
  void try_cut();
  void serve(const Cut& cut);
  void join(Audience& audience, const Subscribe& ask, const Cut& cut);
  void greet(Audience& audience, const DashboardOutletPtr& outlet, fleet::Seq seq, bool recovered, PreludePtr prelude,
             std::vector<Chunk> backlog, const std::optional<std::string>& more = std::nullopt);
  bool is_recoverable(const protocol::Subscribe& ask, const Cut& cut) const;

  void tell(Audience& audience, const Now& now);
  void tell_summary(Audience& audience);
  void tell_confirmed(const store::Snapshot& state);
  void say(Audience& audience, std::span<const std::string> messages);
  void tell_sites(const std::vector<fleet::Event>& events);
  void publish();

  void gather_confirmed();
  fleet::IdSet& unconfirmed();
  PagesWork work(const ViewSpec& spec, const Cut& cut) const;
  Now now(const store::Snapshot* state) const { return {state, *unconfirmed_, shared_->presence}; }
  TimePoint time() const;

  Self self_ = nullptr;
  SharedPtr shared_;
  std::shared_ptr<const store::Store> store_;
  std::shared_ptr<FeedSink> sink_;
  store::Epoch epoch_;
  fleet::Seq head_ = 0; // the last event that came here

  std::map<ViewSpec, Audience> audiences_;
  std::map<StreamId, Audience*> by_stream_;                 // the same
  std::map<std::vector<std::string>, SiteFeed> site_feeds_; // by sites
  StreamId next_stream_ = seed_feed + 1;
  std::vector<Waiting> waiting_; // for a cut
  std::optional<Cut> cut_;
  std::vector<std::weak_ptr<const store::Snapshot>> lent_; // to those who make pages
  std::vector<Publication> publications_;

  std::shared_ptr<fleet::IdSet> unconfirmed_; // copied before a change where others look at it
  std::vector<fleet::NvrId> confirmed_;       // in unconfirmed_ still: not told yet
  fleet::Seq unconfirmed_changed_ = 0;        // head_ when unconfirmed_ last changed

  TimePoint last_flush_{};
  std::optional<StreamId> told_up_to_; // of a flush that goes on
  fleet::Seq flush_began_at_ = 0;
  bool flush_needs_state_ = false;
  std::optional<TimePoint> wake_; // when the next Flush comes
};

/// Tells the dashboards of committed events, in the order of `seq`: the seed's feed at once, subscriptions in batches.
/// Dashboards that ask for the same thing share its encoding. A snapshot, and the NVRs that come to match a filter, are
/// read from the store at exactly the seq that has been told: the fanout takes a "cut", a store snapshot, and goes on
/// when the events up to its seq have come (docs/internals/decisions/0013).
FanoutActor::behavior_type fanout(FanoutState::Self self, SharedPtr shared, std::shared_ptr<const store::Store> store,
                                  std::shared_ptr<FeedSink> sink, store::Epoch epoch, fleet::IdSet unconfirmed);

} // namespace nvrhub::actors
