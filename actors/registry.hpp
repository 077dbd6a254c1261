#pragma once

#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/messages.hpp"

namespace nvrhub::actors {

/// Session numbers are reserved in the store in blocks of this size.
inline constexpr std::uint64_t session_block = 1 << 20;

class RegistryState {
public:
  using Self = RegistryActor::stateful_pointer<RegistryState>;

  void init(Self self, SharedPtr shared, StoreActor store, SessionsReserved sessions,
            std::vector<std::string> unconfirmed);

  void on(const Authenticate& message);
  void on(const Operate& message);
  void on(const Passivate& message);
  void on(const Renamed& message);
  void on(const RestartGraceTimer& message);
  void on(const SessionsReserved& message);
  void on(const ChangedElsewhere& message);
  void on(const Drain& message);

private:
  struct Entry {
    NvrActor actor;
    std::uint64_t sent = 0; // messages to the actor; it counts them as received
  };

  Entry& entry_of(const std::string& hostname);
  template <class Message>
  void forward(const std::string& hostname, Message message);
  fleet::SessionNumber next_session(); // 0: none left
  /// True if a rename to `hostname` is in progress; the message is handled after it.
  template <class Message>
  bool stash_during_rename(const std::string& hostname, const Message& message);
  void end_rename(const std::string& to);
  void wait_for_unconfirmed(const GracePeriod& period);
  void quit_if_drained();

  Self self_ = nullptr;
  SharedPtr shared_;
  StoreActor store_;
  std::unordered_map<std::string, Entry> nvrs_;
  std::vector<std::string> unconfirmed_;
  // Renames in progress by new hostname. Messages for the new hostname wait, or a second actor would load the NVR.
  struct Renaming {
    NvrActor actor;
    std::vector<std::variant<Authenticate, Operate>> stash;
  };
  std::unordered_map<std::string, Renaming> renaming_;
  bool draining_ = false;

  fleet::SessionNumber next_ = 0; // available session numbers: [next_, end_)
  fleet::SessionNumber end_ = 0;
  bool reserving_ = false;
};

/// Maps each hostname to at most one NVR actor, spawns actors on demand and issues session numbers, which only grow: a
/// session's number is its fencing token in the store. One per server.
///
/// In a cluster session numbers are claimed in its log, by the NVR actors, and `unconfirmed` is empty: the store actor
/// decides which NVRs expire.
///
/// `sessions`: the first block of session numbers. `unconfirmed`: hostnames of the NVRs that were online when the
/// server last stopped. They go offline when the restart grace, counted from now, ends, unless they are back
/// (protocol.md, "Restart").
RegistryActor::behavior_type registry(RegistryState::Self self, SharedPtr shared, StoreActor store,
                                      SessionsReserved sessions, std::vector<std::string> unconfirmed);

} // namespace nvrhub::actors
