#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include "actors/messages.hpp"
#include "actors/store/store_actor.hpp"
#include "actors/support/socket.hpp"
#include "fleet/build.hpp"
#include "store/store.hpp"
#include "store/support/faulty_backend.hpp"

namespace nvrhub::actors::test {

using namespace std::chrono_literals;
using fleet::test::report;

/// What outlives a server: its data and the wall clock.
struct Machine {
  Machine();
  std::shared_ptr<store::Faults> faults = std::make_shared<store::Faults>();
  std::shared_ptr<store::Store> data;
  fleet::WallMillis wall = 1'700'000'000'000;
};

/// The replies to an operation; there should be one.
using Replies = std::vector<OperationResult>;

/// Commits begin at once unless a test paces them.
inline Settings unpaced() {
  Settings settings;
  settings.commit_interval = 0ms;
  return settings;
}

struct Setup {
  std::shared_ptr<Machine> machine = std::make_shared<Machine>();
  Settings settings = unpaced();
  StoreOptions store;
  std::uint64_t sessions = 1 << 20; // size of the registry's first block of session numbers
};

/// The actors of a server on CAF's test scheduler: messages are handled only on request, one at a time. The store actor
/// is scheduled like the others, so a test delays a commit by not running it.
class World {
public:
  explicit World(Setup setup = {});
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Handle messages; time does not move.
  void run();
  void run_but_store();
  bool step() { return scheduler().try_run_once(); }
  // Moves both clocks and sends the delayed messages that are due.
  void advance(std::chrono::milliseconds time);
  /// run(), advance(), run().
  void pass(std::chrono::milliseconds time);

  // Messages from outside. These functions only send.
  SocketPtr auth(const std::string& hostname, protocol::ReportPtr report = nullptr,
                 std::optional<protocol::Id> id = std::nullopt);
  void heartbeat(Socket& socket, protocol::ReportPtr report = nullptr, std::optional<protocol::Id> id = std::nullopt);
  void close(Socket& socket, fleet::Cause cause = fleet::Cause::closed, std::chrono::milliseconds grace = 0ms);
  std::shared_ptr<Replies> operate(const std::string& hostname, Operation::Change change,
                                   access::GrantPtr grant = nullptr);
  std::shared_ptr<Replies> ingest(const std::string& hostname, const std::vector<std::string>& cameras = {});
  void drain();
  std::shared_ptr<Dashboard> subscribe(protocol::Subscribe request);

  /// Registers an NVR with cameras, and hides the event from `new_events`.
  void register_nvr(const std::string& hostname, const std::vector<std::string>& cameras = {});

  // The result, read from the committed store.
  Texts events() const;                                 // all
  Texts new_events();                                   // since the last call
  std::string state(const std::string& hostname) const; // describe() of the NVR, or "none"
  std::optional<fleet::Nvr> nvr(const std::string& hostname) const;
  std::size_t nvr_actors(); // alive
  bool drained() const { return *drained_; }
  /// store::check() finds no problem: the tables are consistent with each other and with the log.
  bool is_clean() const;

  Machine& machine() { return *machine_; }
  store::Faults& faults() { return *machine_->faults; }
  store::Store& data() { return *machine_->data; }
  caf::scheduler::test_coordinator& scheduler();
  caf::actor_system& system() { return system_; }

  SharedPtr shared = std::make_shared<Shared>();
  std::shared_ptr<RecordingPublisher> publisher = std::make_shared<RecordingPublisher>();

private:
  struct Config : caf::actor_system_config {
    Config();
  };

  std::shared_ptr<Machine> machine_;
  Config config_;
  caf::actor_system system_;
  std::vector<SocketPtr> sockets_;
  std::size_t others_ = 0;           // actors other than NVR actors
  fleet::Seq events_seen_until_ = 0; // what new_events() has returned
  std::shared_ptr<bool> drained_ = std::make_shared<bool>(false);

public:
  FanoutActor fanout;
  StoreActor store;
  RegistryActor registry;
};

/// The expected replies to a session.
std::string auth_ok(const std::string& hostname, const Socket& socket, std::uint32_t updated, fleet::NvrId nvr = 1,
                    std::optional<protocol::Id> id = std::nullopt);
std::string ack(const protocol::Id& id, fleet::Seq seq, std::uint32_t updated);

} // namespace nvrhub::actors::test
