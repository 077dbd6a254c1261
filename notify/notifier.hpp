#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "notify/channel.hpp"
#include "notify/client.hpp"
#include "notify/message.hpp"
#include "notify/outbox.hpp"
#include "notify/resend.hpp"

namespace nvrhub::notify {

/// Sends messages to the channels: an outbox for each, requests, the client. Its caller keeps the messages and persists
/// what was delivered:
///
///   Notifier notifier(channels, hooks);
///   notifier.add("ops", message.id, message.at);   // in order; after a start, those that were not delivered
///   notifier.advance(now);                         // at next_deadline(), and after add() and after a posted function
///
/// A message is delivered at least once: if the process ends between the answer of a receiver and the caller's commit,
/// it is sent again with the same id. THREADS: one at a time. It has no clock. OWNERSHIP: posted functions may run
/// after its end and then do nothing.
class Notifier {
public:
  struct Hooks {
    /// The message as it is to be sent now. Nothing: it is gone; it counts as dropped.
    std::function<std::optional<MessageView>(const std::string& channel, const std::string& id)> load;
    /// Starts a request; usually Client::send.
    std::function<void(Request, Client::Callback)> send;
    /// Runs the function on the thread of this object, later. Called from the client's thread.
    std::function<void(std::function<void()>)> post;
    std::function<void(const std::string& channel, const Outbox::Report& report)> report;
    std::function<fleet::WallMillis()> now;
  };

  Notifier(std::vector<Channel> channels, Hooks hooks, std::uint64_t seed);

  /// An unknown channel (its table was removed) has no effect: false.
  bool add(const std::string& channel, std::string id, fleet::WallMillis at);
  /// For Alertmanager channels: the alert fires or was resolved; to be called for each announced alert after a start.
  void resend(const std::string& channel, const AlertView& alert);
  void advance(fleet::WallMillis now);
  std::optional<fleet::WallMillis> next_deadline() const;

  /// For lists and metrics. REQUIRES: the channel exists.
  const Outbox& outbox(const std::string& channel) const { return states_.at(channel)->outbox; }

private:
  struct State {
    Channel channel;
    Outbox outbox;
    Resend resend;
  };
  /// The answers to the requests of one message.
  struct Flight {
    std::vector<Outcome> outcomes;
    std::size_t open = 0;
  };

  void send_message(State& state, const std::string& id, fleet::WallMillis now);
  void send_all(std::vector<Request> requests, std::function<void(Outcome)> done);
  void report(State& state);

  Hooks hooks_;
  std::map<std::string, std::unique_ptr<State>> states_;
  std::shared_ptr<Notifier*> self_; // expires with this object
};

} // namespace nvrhub::notify
