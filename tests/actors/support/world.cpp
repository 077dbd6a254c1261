#include "actors/support/world.hpp"

#include <utility>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include "actors/fanout/fanout_actor.hpp"
#include "actors/registry.hpp"
#include "actors/support/describe.hpp"
#include "protocol/encode/encode.hpp"
#include "store/memory_backend.hpp"
#include "store/support/stores.hpp"

namespace nvrhub::actors::test {

using nvrhub::test::good;

Machine::Machine() : data(good(store::Store::open(store::make_faulty_backend(store::make_memory_backend(), faults)))) {
  faults->commits = 0; // creating the tables took one
}

World::Config::Config() {
  set("scheduler.policy", caf::atom("testing"));
}

World::World(Setup setup) : machine_(std::move(setup.machine)), system_(config_) {
  shared->settings = setup.settings;
  shared->now = [machine = machine_.get()] { return machine->wall; };
  shared->retention_now = shared->now;
  std::vector<std::string> unconfirmed;
  fleet::IdSet unconfirmed_ids;
  const store::Snapshot snapshot = good(data().snapshot());
  shared->head = events_seen_until_ = good(snapshot.head());
  good(snapshot.each_nvr(0, [&](const fleet::Nvr& nvr) {
    if (nvr.online && !setup.settings.in_cluster) {
      shared->presence.set_unconfirmed(nvr.id, true);
      unconfirmed.push_back(nvr.hostname);
      unconfirmed_ids.insert(nvr.id);
    }
    return true;
  }));
  SessionsReserved sessions;
  if (!setup.settings.in_cluster) sessions = {good(data().reserve_sessions(setup.sessions)), setup.sessions};

  const std::size_t caf_actors = system_.registry().running();
  fanout = system_.spawn(actors::fanout, shared, std::shared_ptr<const store::Store>(machine_->data),
                         std::static_pointer_cast<Publisher>(publisher), good(snapshot.epoch()), unconfirmed_ids);
  store = system_.spawn(actors::store, shared, fanout, machine_->data, std::move(setup.store));
  registry = system_.spawn(actors::registry, shared, store, sessions, std::move(unconfirmed));
  registry->attach_functor([drained = drained_] { *drained = true; });
  others_ = caf_actors + 3;
  run();
  faults().commits = 0;
}

/// Must end all actors in any state that a failed test leaves: CAF waits for the last one.
World::~World() {
  faults().failing_commits = 0;
  faults().before_commit = nullptr;
  drain();
  run();
  pass(10s); // a failed commit is retried
  for (const SocketPtr& socket : sockets_) {
    if (socket->session) caf::anon_send_exit(socket->session->nvr, caf::exit_reason::kill);
    socket->session.reset();
  }
  caf::anon_send_exit(registry, caf::exit_reason::kill);
  caf::anon_send_exit(store, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(fanout, caf::exit_reason::user_shutdown);
  run();
}

caf::scheduler::test_coordinator& World::scheduler() {
  return dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
}

void World::run() {
  while (scheduler().try_run_once()) {
  }
}

void World::run_but_store() {
  auto* const excluded = dynamic_cast<caf::resumable*>(caf::actor_cast<caf::abstract_actor*>(store));
  scheduler().run_jobs_filtered([excluded](const caf::resumable* job) { return job != excluded; });
}

void World::advance(std::chrono::milliseconds time) {
  machine_->wall += time.count();
  scheduler().advance_time(time);
}

void World::pass(std::chrono::milliseconds time) {
  run();
  advance(time);
  run();
}

SocketPtr World::auth(const std::string& hostname, protocol::ReportPtr report, std::optional<protocol::Id> id) {
  auto socket = std::make_shared<Socket>();
  sockets_.push_back(socket);
  caf::anon_send(registry, Authenticate{hostname, socket, std::move(report), std::move(id)});
  return socket;
}

void World::heartbeat(Socket& socket, protocol::ReportPtr report, std::optional<protocol::Id> id) {
  socket.once_started([report = std::move(report), id = std::move(id)](const SessionStarted& session) {
    caf::anon_send(session.nvr, Report{session.session, report, id});
  });
}

void World::close(Socket& socket, fleet::Cause cause, std::chrono::milliseconds grace) {
  socket.once_started([cause, grace](const SessionStarted& session) {
    caf::anon_send(session.nvr, SessionClosed{session.session, cause, grace});
  });
}

std::shared_ptr<Replies> World::operate(const std::string& hostname, Operation::Change change, access::GrantPtr grant) {
  auto replies = std::make_shared<Replies>();
  const Operation operation{std::make_shared<const Operation::Change>(std::move(change)),
                            std::make_shared<const std::function<void(const OperationResult&)>>(
                                [replies](const OperationResult& result) { replies->push_back(result); }),
                            std::move(grant)};
  caf::anon_send(registry, Operate{hostname, operation});
  return replies;
}

std::shared_ptr<Replies> World::ingest(const std::string& hostname, const std::vector<std::string>& cameras) {
  Ingest change;
  for (const std::string& name : cameras)
    change.registration.cameras.push_back({name, std::nullopt});
  return operate(hostname, std::move(change));
}

void World::drain() {
  caf::anon_send(registry, Drain{});
}

std::shared_ptr<Dashboard> World::subscribe(protocol::Subscribe request) {
  auto dashboard = std::make_shared<Dashboard>();
  caf::anon_send(fanout, Subscribe{dashboard, std::make_shared<const protocol::Subscribe>(std::move(request))});
  return dashboard;
}

void World::register_nvr(const std::string& hostname, const std::vector<std::string>& cameras) {
  ingest(hostname, cameras);
  run();
  new_events();
  faults().commits = 0;
}

Texts World::events() const {
  Texts texts;
  for (const fleet::Event& event : nvrhub::test::events_in(*machine_->data))
    texts.push_back(describe(event));
  return texts;
}

Texts World::new_events() {
  Texts texts;
  for (const fleet::Event& event : nvrhub::test::events_in(*machine_->data)) {
    if (event.seq <= events_seen_until_) continue;
    events_seen_until_ = event.seq;
    texts.push_back(describe(event));
  }
  return texts;
}

std::optional<fleet::Nvr> World::nvr(const std::string& hostname) const {
  const store::Snapshot snapshot = good(machine_->data->snapshot());
  const auto id = good(snapshot.id_of(hostname));
  return id ? good(snapshot.nvr(*id)) : std::nullopt;
}

std::string World::state(const std::string& hostname) const {
  const std::optional<fleet::Nvr> found = nvr(hostname);
  return found ? describe(*found) : "none";
}

std::size_t World::nvr_actors() {
  return system_.registry().running() - (drained() ? others_ - 1 : others_);
}

bool World::is_clean() const {
  return store::check(good(machine_->data->snapshot())).problems.empty();
}

std::string auth_ok(const std::string& hostname, const Socket& socket, std::uint32_t updated, fleet::NvrId nvr,
                    std::optional<protocol::Id> id) {
  return protocol::encode(protocol::AuthOk{hostname, nvr, socket.number, updated, {}, std::move(id)});
}

std::string ack(const protocol::Id& id, fleet::Seq seq, std::uint32_t updated) {
  return protocol::encode(protocol::Ack{id, seq, updated, {}});
}

} // namespace nvrhub::actors::test
