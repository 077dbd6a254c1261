#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "alerts/alert.hpp"

namespace nvrhub::alerts {

enum class MessageKind : std::uint8_t { firing, resolved, reminder, mixed, digest };
std::string_view to_string(MessageKind kind);

/// One message for one channel.
struct Message {
  struct Item {
    AlertId alert = 0;
    Change change = Change::fired;
    fleet::WallMillis at = 0;

    friend bool operator==(const Item&, const Item&) = default;
  };

  std::string id; // a hash of channel and items: the same items give it again
  std::string channel;
  MessageKind kind = MessageKind::firing;
  std::string site;                       // not of a digest
  Severity severity = Severity::critical; // of a digest: the worst
  fleet::WallMillis at = 0;               // when it was complete
  std::vector<Item> items;                // in order; of a digest: the last change of each alert, by alert

  friend bool operator==(const Message&, const Message&) = default;
};

/// Makes messages of announced transitions: those of one channel, site and severity that follow each other within
/// `window` are one message. A channel gets at most `per_hour` messages in any hour; what exceeds that is merged into
/// one digest, which is sent as soon as the rate permits. It has no clock: its state follows from the transitions and
/// their times. A copy is a snapshot. Memory: 24 bytes per item of an open group or digest; a digest has one per alert.
/// THREADS: one at a time.
class Grouping {
public:
  struct Settings {
    fleet::WallMillis window = 10'000;
    std::size_t per_hour = 60; // at least 1
  };

  Grouping() = default;
  explicit Grouping(const Settings& settings) : settings_(settings) {}

  /// `channels`: those of the engine that made the transition. One that is not announced has no effect.
  void add(const Transition& transition, const std::vector<std::string>& channels);
  void advance(fleet::WallMillis now);
  /// When advance() has something to do.
  std::optional<fleet::WallMillis> next_deadline() const;
  /// Nothing is collected: no group is open and no digest waits.
  bool is_idle() const;
  /// When the messages of the last hour were sent, by channel. With is_idle() it is all of the state.
  using SentTimes = std::map<std::string, std::vector<fleet::WallMillis>>;
  SentTimes sent_times() const;
  void restore(const SentTimes& sent);
  /// The messages that are complete since the last call, in order.
  std::vector<Message> take_messages() { return std::exchange(messages_, {}); }

private:
  struct GroupKey {
    std::string channel, site;
    Severity severity = Severity::critical;
    bool operator<(const GroupKey& other) const {
      return std::tie(channel, site, severity) < std::tie(other.channel, other.site, other.severity);
    }
  };
  struct Group {
    fleet::WallMillis closes = 0;
    std::vector<Message::Item> items;
  };
  struct Channel {
    std::deque<fleet::WallMillis> sent; // in the last hour
    std::map<AlertId, Message::Item> digest;
    Severity worst = Severity::info; // of the digest
  };

  void close(const GroupKey& key, Group group);
  void send_digest(const std::string& name, Channel& channel, fleet::WallMillis at);
  void send(Message message, Channel& channel);

  Settings settings_;
  std::map<GroupKey, Group> groups_;
  std::map<std::string, Channel> channels_;
  std::vector<Message> messages_;
};

} // namespace nvrhub::alerts
