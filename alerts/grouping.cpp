#include "alerts/grouping.hpp"

#include <algorithm>
#include <array>

#include "alerts/hash.hpp"

namespace nvrhub::alerts {

namespace {

constexpr fleet::WallMillis hour = 60 * 60'000;

std::string id_of(const Message& message) {
  Hash hash;
  hash.add(message.channel);
  for (const Message::Item& item : message.items)
    hash.add(item.alert).add(static_cast<std::uint64_t>(item.change)).add(static_cast<std::uint64_t>(item.at));
  std::uint64_t value = hash.finish();
  std::array<char, 16> digits{};
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, value >>= 4)
    *digit = "0123456789abcdef"[value & 15];
  return "msg_" + std::string(digits.begin(), digits.end());
}

MessageKind kind_of(Change change) {
  if (change == Change::resolved) return MessageKind::resolved;
  return change == Change::reminded ? MessageKind::reminder : MessageKind::firing;
}

MessageKind kind_of(const std::vector<Message::Item>& items) {
  const MessageKind first = kind_of(items.front().change);
  const bool same =
      std::all_of(items.begin(), items.end(), [&](const Message::Item& item) { return kind_of(item.change) == first; });
  return same ? first : MessageKind::mixed;
}

} // namespace

std::string_view to_string(MessageKind kind) {
  switch (kind) {
  case MessageKind::firing:
    return "firing";
  case MessageKind::resolved:
    return "resolved";
  case MessageKind::reminder:
    return "reminder";
  case MessageKind::mixed:
    return "mixed";
  case MessageKind::digest:
    return "digest";
  }
  return "?";
}

void Grouping::add(const Transition& transition, const std::vector<std::string>& channels) {
  advance(transition.at);
  for (std::size_t i = 0; i < channels.size(); ++i) {
    if ((transition.announce >> i & 1) == 0) continue;
    const auto [group, is_new] = groups_.try_emplace({channels[i], transition.site, transition.severity});
    if (is_new) group->second.closes = transition.at + settings_.window;
    group->second.items.push_back({transition.alert.id, transition.change, transition.at});
  }
}

std::optional<fleet::WallMillis> Grouping::next_deadline() const {
  std::optional<fleet::WallMillis> next;
  const auto consider = [&](fleet::WallMillis time) {
    if (!next || time < *next) next = time;
  };
  for (const auto& [key, group] : groups_)
    consider(group.closes);
  for (const auto& [name, channel] : channels_) {
    if (!channel.digest.empty()) consider(channel.sent.front() + hour);
  }
  return next;
}

bool Grouping::is_idle() const {
  return groups_.empty() &&
         std::all_of(channels_.begin(), channels_.end(), [](const auto& entry) { return entry.second.digest.empty(); });
}

Grouping::SentTimes Grouping::sent_times() const {
  SentTimes times;
  for (const auto& [name, channel] : channels_)
    times[name].assign(channel.sent.begin(), channel.sent.end());
  return times;
}

void Grouping::restore(const SentTimes& sent) {
  for (const auto& [name, times] : sent)
    channels_[name].sent.assign(times.begin(), times.end());
}

void Grouping::advance(fleet::WallMillis now) {
  while (true) {
    const auto due = next_deadline();
    if (!due || *due > now) return;
    // A digest before groups of the same instant: it has waited longer.
    for (auto& [name, channel] : channels_) {
      if (!channel.digest.empty() && channel.sent.front() + hour <= *due) send_digest(name, channel, *due);
    }
    for (auto group = groups_.begin(); group != groups_.end();) {
      const auto next = std::next(group);
      if (group->second.closes <= *due) {
        const auto closed = groups_.extract(group);
        close(closed.key(), std::move(closed.mapped()));
      }
      group = next;
    }
  }
}

void Grouping::close(const GroupKey& key, Group group) {
  Channel& channel = channels_[key.channel];
  while (!channel.sent.empty() && channel.sent.front() + hour <= group.closes)
    channel.sent.pop_front();
  if (!channel.digest.empty() || channel.sent.size() >= settings_.per_hour) {
    channel.worst = channel.digest.empty() ? key.severity : std::min(channel.worst, key.severity);
    for (const Message::Item& item : group.items)
      channel.digest[item.alert] = item;
    return;
  }
  const MessageKind kind = kind_of(group.items);
  send({{}, key.channel, kind, key.site, key.severity, group.closes, std::move(group.items)}, channel);
}

void Grouping::send_digest(const std::string& name, Channel& channel, fleet::WallMillis at) {
  channel.sent.pop_front();
  Message message{{}, name, MessageKind::digest, {}, channel.worst, at, {}};
  for (const auto& [alert, item] : std::exchange(channel.digest, {}))
    message.items.push_back(item);
  send(std::move(message), channel);
}

void Grouping::send(Message message, Channel& channel) {
  message.id = id_of(message);
  channel.sent.push_back(message.at);
  messages_.push_back(std::move(message));
}

} // namespace nvrhub::alerts
