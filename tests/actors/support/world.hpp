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

#include "actors/interfaces.hpp"
#include "actors/store.hpp"
#include "actors/support/socket.hpp"
#include "fleet/build.hpp"
#include "store/store.hpp"
#include "store/support/faulty_backend.hpp"

namespace nvrhub::actors::test {

using namespace std::chrono_literals;
using fleet::test::report;

/// What outlives a server: its data, and the time on the wall.
struct Machine {
  Machine();
  std::shared_ptr<store::Faults> faults = std::make_shared<store::Faults>();
  std::shared_ptr<store::Store> data;
  fleet::WallMillis wall = 1'700'000'000'000;
};

/// What an operation was answered; it should be once.
using Replies = std::vector<OpResult>;

struct Setup {
  std::shared_ptr<Machine> machine = std::make_shared<Machine>();
  Settings settings;
  StoreOptions store;
  std::uint64_t sessions = 1 << 20; // numbers that the registry starts with
};

/// The actors of a server on CAF's test scheduler: nothing runs unless it is told to, one message at a time. The store
/// actor is scheduled like the others, so a commit can be held up by not running it.
class World {
public:
  explicit World(Setup setup = {});
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Running. Time stands still in it.
  void run();
  void run_but_store();
  bool step() { return scheduler().try_run_once(); }
  // Moving both clocks; what is due then is only sent.
  void advance(std::chrono::milliseconds time);
  /// Runs, advances and runs again.
  void pass(std::chrono::milliseconds time);

  // What comes from outside. These only send.
  SocketPtr auth(const std::string& hostname, protocol::ReportPtr report = nullptr,
                 std::optional<protocol::Id> id = std::nullopt);
  void heartbeat(Socket& socket, protocol::ReportPtr report = nullptr, std::optional<protocol::Id> id = std::nullopt);
  void close(Socket& socket, fleet::Cause cause = fleet::Cause::closed);
  std::shared_ptr<Replies> operate(const std::string& hostname, Operation::Change change);
  std::shared_ptr<Replies> ingest(const std::string& hostname, const std::vector<std::string>& cameras = {});
  void drain();
  std::shared_ptr<Dashboard> subscribe(protocol::Subscribe what);

  /// Registers an NVR with cameras and leaves no trace of it in `new_events`.
  void register_nvr(const std::string& hostname, const std::vector<std::string>& cameras = {});

  // What there is to see. Everything is read from the committed store.
  Texts events() const;                                 // all of them
  Texts new_events();                                   // since the last call
  std::string state(const std::string& hostname) const; // as describe() has it, or "none"
  std::optional<fleet::Nvr> nvr(const std::string& hostname) const;
  std::size_t nvr_actors(); // alive
  bool drained() const { return *drained_; }
  /// The store's tables hold together and the log tells the same story.
  bool is_clean() const;

  Machine& machine() { return *machine_; }
  store::Faults& faults() { return *machine_->faults; }
  store::Store& data() { return *machine_->data; }
  caf::scheduler::test_coordinator& scheduler();
  caf::actor_system& system() { return system_; }

  SharedPtr shared = std::make_shared<Shared>();
  std::shared_ptr<Feed> feed = std::make_shared<Feed>();

private:
  struct Config : caf::actor_system_config {
    Config();
  };

  std::shared_ptr<Machine> machine_;
  Config config_;
  caf::actor_system system_;
  std::vector<SocketPtr> sockets_;
  std::size_t others_ = 0; // actors that are not NVRs'
  fleet::Seq told_ = 0;    // new_events() so far
  std::shared_ptr<bool> drained_ = std::make_shared<bool>(false);

public:
  FanoutActor fanout;
  StoreActor store;
  RegistryActor registry;
};

/// The replies that a session should get.
std::string auth_ok(const std::string& hostname, const Socket& socket, std::uint32_t updated, fleet::NvrId nvr = 1,
                    std::optional<protocol::Id> id = std::nullopt);
std::string ack(const protocol::Id& id, fleet::Seq seq, std::uint32_t updated);

} // namespace nvrhub::actors::test
