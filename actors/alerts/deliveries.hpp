#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "alerts/grouping.hpp"
#include "fleet/event.hpp"
#include "notify/notifier.hpp"
#include "store/store.hpp"

namespace nvrhub::actors {

/// The messages of alerts on their way: groups durable transitions, hands the messages to the channels, and keeps in
/// the store what was delivered (alerts.md, "Channels": at least once, in order, the same id again).
///
/// The store has a position up to which all messages were delivered or dropped, and the ids of those after it. A start
/// reads the alerts after the position from the log, which gives the same messages again. The position moves whenever
/// nothing waits; a channel that fails holds it back for as long as the channel keeps a message, 72 hours.
///
/// THREADS: one at a time. ERRORS: a message whose alerts were pruned from the log is dropped.
class Deliveries {
public:
  struct Options {
    std::vector<notify::Channel> channels;
    alerts::Grouping::Settings grouping;
    std::string page_url;   // ends with "/"; empty: no links
    std::uint64_t seed = 0; // of the back-off
  };
  struct Hooks {
    std::function<void(notify::Request, notify::Client::Callback)> send; // on any thread
    std::function<void(std::function<void()>)> post;                     // to the thread of this object
    std::function<fleet::WallMillis()> now;
    std::function<store::Result<store::Snapshot>()> snapshot;
  };

  Deliveries(Options options, Hooks hooks);

  /// Once, before all others. `head`: the last event in the snapshot.
  store::Result<void> restore(const store::Snapshot& snapshot, fleet::Seq head);
  /// A durable event of kind alert. In order.
  void add(const fleet::Event& event);
  /// REQUIRES: all alerts decided before `now` were added.
  void advance(fleet::WallMillis now);
  std::optional<fleet::WallMillis> next_deadline() const;

  /// What to write to Table::alerts.
  std::map<std::string, std::optional<std::string>> take_records() { return std::exchange(records_, {}); }
  bool has_records() const { return !records_.empty(); }
  /// Why messages were dropped, one line each, for events of kind admin.
  std::vector<std::string> take_dropped() { return std::exchange(dropped_, {}); }

private:
  using Item = std::tuple<alerts::AlertId, alerts::Change, fleet::WallMillis>;

  /// As view_of(), with the link. ERRORS: none if it cannot be read.
  std::optional<notify::AlertView> linked_view(std::string_view json) const;
  store::Result<void> resend_firing(const store::Snapshot& snapshot);
  void take_messages();
  std::optional<notify::MessageView> load(const std::string& key) const;
  void report(const std::string& channel, const notify::Outbox::Report& report);
  void move_position();

  Options options_;
  Hooks hooks_;
  std::vector<std::string> names_; // of the channels
  alerts::Grouping grouping_;
  std::unique_ptr<notify::Notifier> notifier_;
  std::map<Item, fleet::Seq> items_;                // events after the position
  std::map<std::string, alerts::Message> messages_; // that wait, by alert_key::message()
  std::set<std::string> done_;                      // keys of those after the position that do not wait any longer
  const store::Snapshot* snapshot_ = nullptr;       // during advance()
  fleet::Seq position_ = 0;
  fleet::Seq last_ = 0; // the last event added
  std::map<std::string, std::optional<std::string>> records_;
  std::vector<std::string> dropped_;
};

} // namespace nvrhub::actors
