#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/support/world.hpp"

namespace nvrhub::actors::test {

/// A server of a Cluster. Its log is in memory: what it appends waits until the cluster delivers it.
class Node final : public Replicator {
public:
  explicit Node(std::string name) : self_{std::move(name), 1} {}

  const store::Origin& self() const override { return self_; }
  void append(std::string entry) override { appended = std::move(entry); }
  std::vector<DeliveredEntry> take() override { return std::exchange(inbox_, {}); }
  void find_lost(std::vector<store::Origin> known) override { asked = std::move(known); }
  void trim(store::LogPosition upto) override { trimmed = upto; }
  void fail(const std::string& why) override { failures.push_back(why); }

  void deliver(const DeliveredEntry& entry);
  /// Its lease is lost: nothing that it has appended is delivered, all that it is asked for is refused.
  void fence();
  bool is_alive() const { return !is_fenced_; }

  std::shared_ptr<Machine> machine = std::make_shared<Machine>();
  std::unique_ptr<World> world;
  std::optional<std::string> appended; // not delivered
  std::vector<store::Origin> asked;    // of the last find_lost()
  store::LogPosition trimmed = 0;      // by the last trim()
  Texts failures;
  std::uint64_t entries = 0; // of its own that were delivered
  bool is_held = false;

private:
  store::Origin self_;
  std::vector<DeliveredEntry> inbox_;
  bool is_fenced_ = false;
};

/// Several servers that apply one log. Messages are handled and entries delivered only on request.
class Cluster {
public:
  explicit Cluster(std::size_t nodes, Settings settings = unpaced());
  ~Cluster();

  Node& node(std::size_t i) { return *nodes_[i]; }
  World& operator[](std::size_t i) { return *nodes_[i]->world; }
  std::size_t size() const { return nodes_.size(); }
  store::LogPosition position() const { return position_; }

  /// Handles the messages of all servers; delivers nothing.
  void handle();
  /// Delivers what this server has appended to all. False: nothing.
  bool deliver(std::size_t i);
  /// handle() and deliver() until nothing is left.
  void run();
  /// Moves the clocks of all servers, and lets their store actors do their regular work.
  void pass(std::chrono::milliseconds time);
  /// From now on a server gets no entries, as if it were slow, and says nothing.
  void hold(std::size_t i) { nodes_[i]->is_held = true; }
  /// Ends a server's lease. The others have yet to notice.
  void kill(std::size_t i);
  /// Answers the last find_lost() of a server.
  void answer_find_lost(std::size_t i);

  /// Registers an NVR, with cameras, through the first server.
  void register_nvr(const std::string& hostname, const std::vector<std::string>& cameras);

  /// The stores hold the same replicated rows, and store::check() finds no problem in any. Only of servers that live.
  std::string difference();

private:
  void append(const store::Origin& origin, std::uint64_t number, const std::string& bytes);

  std::vector<std::unique_ptr<Node>> nodes_;
  store::LogPosition position_ = 0;
};

} // namespace nvrhub::actors::test
