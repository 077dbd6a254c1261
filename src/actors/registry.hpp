#pragma once

#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/interfaces.hpp"

namespace nvrhub::actors {

/// Session numbers are reserved so many at a time.
inline constexpr std::uint64_t session_block = 1 << 20;

class RegistryState {
public:
  using Self = RegistryActor::stateful_pointer<RegistryState>;

  /// `sessions`: the first block of session numbers. `unconfirmed`: hostnames of the NVRs that were online when the
  /// server last stopped; they go offline after the restart grace, counted from now, unless they are back.
  void init(Self self, SharedPtr shared, StoreActor store, Reserved sessions, std::vector<std::string> unconfirmed);

  void on(const Authenticate& message);
  void on(const Operate& message);
  void on(const Passivate& message);
  void on(const Renamed& message);
  void on(const RestartGraceOver& message);
  void on(const Reserved& message);
  void on(const Drain& message);

private:
  struct Entry {
    NvrActor actor;
    std::uint64_t sent = 0; // messages that the actor will count as received
  };

  Entry& entry_of(const std::string& hostname);
  template <class Message>
  void forward(const std::string& hostname, Message message);
  fleet::SessionNumber next_session();
  /// True if `message` has to wait for a rename.
  template <class Message>
  bool wait_for_rename(const std::string& hostname, const Message& message);
  void end_rename(const std::string& to);
  void leave_if_drained();

  Self self_ = nullptr;
  SharedPtr shared_;
  StoreActor store_;
  std::unordered_map<std::string, Entry> nvrs_;
  std::vector<std::string> unconfirmed_;
  // New names of renames under way, and what came for them: two actors must not take the NVR for theirs meanwhile.
  struct Renaming {
    NvrActor actor;
    std::vector<std::variant<Authenticate, Operate>> waiting;
  };
  std::unordered_map<std::string, Renaming> renaming_;
  bool draining_ = false;

  fleet::SessionNumber next_ = 0; // session numbers [next_, end_) are ours
  fleet::SessionNumber end_ = 0;
  bool reserving_ = false;
};

/// Knows which actor has which NVR, spawns it when there is none, and hands out the session numbers. One per server.
RegistryActor::behavior_type registry(RegistryState::Self self, SharedPtr shared, StoreActor store, Reserved sessions,
                                      std::vector<std::string> unconfirmed);

} // namespace nvrhub::actors
