#include "app/server.hpp"

#include "app/descriptors.hpp"
#include "app/membership.hpp"
#include "app/send_away.hpp"
#include "app/watch/certificate_watch.hpp"
#include "app/watch/clock_watch.hpp"
#include "app/watch/cluster_tokens.hpp"
#include "app/watch/peer_watch.hpp"
#include "app/watch/store_watch.hpp"
#include "app/watch/system_clock.hpp"
#include "app/watch/token_watch.hpp"

#include <atomic>
#include <future>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "actors/alerts/alert_actor.hpp"
#include "actors/fanout/fanout_actor.hpp"
#include "actors/registry.hpp"
#include "app/startup.hpp"
#include "app/watch/io_watchdog.hpp"
#include "net/reactor/coordinator.hpp"
#include "net/reactor/io_pool.hpp"
#include "net/server_context.hpp"
#include "net/transport/listener.hpp"
#include "net/websocket/session.hpp"
#include "store/directory/directory.hpp"

namespace nvrhub::app {

namespace {

constexpr std::chrono::milliseconds max_leave{1'000};

struct SystemConfig : caf::actor_system_config {
  explicit SystemConfig(net::IoPool& pool) {
    set("scheduler.max-threads", pool.size());
    module_factories.emplace_back([&pool](caf::actor_system& system) -> caf::actor_system::module* {
      return new net::AsioCoordinator(system, pool.run_queues());
    });
  }
};

} // namespace

/// Declared in order of construction: later members are destroyed first.
struct Server::Components {
  std::unique_ptr<store::Directory> directory;
  std::unique_ptr<cluster::Node> node; // null: a single server
  std::shared_ptr<MembershipState> membership = std::make_shared<MembershipState>();
  actors::SharedPtr shared = std::make_shared<actors::Shared>();
  std::unique_ptr<net::ServerContext> context; // outlives the pool: connections destroyed with it unregister here
  std::unique_ptr<net::IoPool> pool;
  std::unique_ptr<net::Listener> listener;
  std::unique_ptr<notify::Client> notify_client; // null: no channels
  std::unique_ptr<SystemConfig> config;
  std::unique_ptr<caf::actor_system> system;
  actors::StoreActor store;
  std::optional<IoWatchdog> io_watchdog;
  std::optional<StoreWatch> store_watch;
  std::optional<PeerWatch> peer_watch;                                                        // of a cluster
  std::shared_ptr<std::atomic<bool>> actor_gone = std::make_shared<std::atomic<bool>>(false); // a central actor
  std::uint16_t port = 0;
  std::unique_ptr<TokenWatch> tokens;
  std::unique_ptr<ClusterTokens> cluster_tokens; // null: a single server
  std::uint64_t token_changes = 0;               // of Shared, when they were last looked at
  std::string token_problem;                     // that was logged last
  CertificateWatch certificates;
  std::unique_ptr<ClockWatch> clock;

  void log_token_changes();
  void write_tokens(store::Write write);
  std::optional<store::Write> update_cluster_tokens();
  void check_certificates();

  ~Components() {
    peer_watch.reset();
    system.reset();
    if (pool) pool->stop();
    listener.reset();                     // after pool->stop(): its posted tasks may run until then
    if (context) context->stop_workers(); // before the pool goes: queued work holds connections
    pool.reset();
  }
};

Server::Server() : components_(std::make_unique<Components>()) {}

tl::expected<std::unique_ptr<Server>, std::string> Server::start(const ServerOptions& options) {
  std::unique_ptr<Server> server(new Server);
  Components& components = *server->components_;

  store::DirectoryOptions opening;
  opening.on_progress = [&options](const std::string& text) { options.log(actors::Level::warn, "upgrade", text); };
  opening.on_new_epoch = [&options](const std::string& reason) {
    options.log(actors::Level::warn, "new_epoch",
                "the data directory may be a copy: a new epoch begins, and dashboards load the fleet again",
                {{"reason", reason}});
  };
  opening.keep_epoch_of_cluster = options.cluster.has_value();
  if (options.cluster) {
    auto joined = join_cluster(options, opening);
    if (!joined) return tl::make_unexpected(joined.error());
    components.directory = std::move(joined->directory);
    components.node = std::move(joined->node);
    components.cluster_tokens = std::make_unique<ClusterTokens>(options.data);
  } else {
    auto directory = store::Directory::open(options.data, opening);
    if (!directory) return tl::make_unexpected(directory.error().message);
    components.directory = std::move(*directory);
  }
  // Not owned: Components outlives all users of the store.
  const std::shared_ptr<store::Store> data(&components.directory->store(), [](store::Store*) {});

  components.shared->settings = options.settings;
  components.shared->log = options.log;
  if (auto refused = check_cluster(*data, options)) return tl::make_unexpected(std::move(*refused));
  if (components.node) {
    components.shared->settings.in_cluster = true;
    components.shared->may_serve = [node = components.node.get()] { return node->may_serve(); };
  }
  const auto snapshot = data->snapshot();
  if (!snapshot) return tl::make_unexpected(snapshot.error().message);
  const auto times = snapshot->times();
  if (!times) return tl::make_unexpected(times.error().message);
  components.clock = std::make_unique<ClockWatch>(options.data, *times, options.log);
  const auto clock = components.clock->clock();
  components.shared->now = [clock] { return clock->now(boot_ns()); };
  components.shared->retention_now = [clock] { return clock->vouched(); };
  components.shared->clock = clock;
  auto unconfirmed = restore_presence(*snapshot, *components.shared);
  if (!unconfirmed) return tl::make_unexpected(unconfirmed.error().message);
  const auto cluster = snapshot->cluster();
  if (!cluster) return tl::make_unexpected(cluster.error().message);
  const auto epoch = snapshot->epoch();
  if (!epoch) return tl::make_unexpected(epoch.error().message);
  const auto sessions = begin_run(*data, *components.shared);
  if (!sessions) return tl::make_unexpected(sessions.error().message);
  const auto logged = snapshot->tokens_logged();
  if (!logged) return tl::make_unexpected(logged.error().message);

  const unsigned threads = options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
  components.pool =
      std::make_unique<net::IoPool>(threads, options.net.timeouts.long_pause(), note_pause(components.shared));
  net::NetOptions net_options = options.net;
  // Excess connections are refused with an answer instead of failing in accept().
  net_options.connections.max_connections = std::min(net_options.connections.max_connections, max_connections());
  components.context = std::make_unique<net::ServerContext>(*components.pool, std::move(net_options), options.api,
                                                            api::About{NVRHUB_VERSION, options.data / "data.mdb"},
                                                            components.shared, data);
  net::ServerContext& context = *components.context;
  if (components.node) context.api.cluster = describe(*components.node, cluster->value_or(""));
  components.shared->dashboards = [dashboards = &context.dashboards] { return dashboards->size(); };
  context.api.cluster_secret = options.peers.secret;
  if (components.node && options.peers.secret) context.api.forward = forwarder(options.peers);

  std::optional<store::Write> own_tokens;
  if (components.cluster_tokens) own_tokens = components.update_cluster_tokens(); // before anyone is admitted
  components.tokens = std::make_unique<TokenWatch>(options.data, *logged);
  if (const auto read = components.tokens->refresh(context.admission.guard); !read)
    return tl::make_unexpected(read.error());
  if (auto refused = check_anonymous_access(options, context.admission.guard))
    return tl::make_unexpected(std::move(*refused));
  warn_of_refused_origins(options, context.admission.guard, components.shared->log);
  if (const auto loaded = context.admission.tls.load(options.net.tls); !loaded)
    return tl::make_unexpected(loaded.error());

  components.listener = std::make_unique<net::Listener>(*components.pool, context.http);
  const auto port = components.listener->listen(options.address, options.port);
  if (!port) return tl::make_unexpected(port.error());
  components.port = *port;

  components.pool->start();
  components.config = std::make_unique<SystemConfig>(*components.pool);
  components.system = std::make_unique<caf::actor_system>(*components.config);
  const std::shared_ptr<actors::Publisher> sink(&context.dashboards, [](actors::Publisher*) {}); // outlives the actors
  context.fanout = components.system->spawn(actors::fanout, components.shared, data, sink, *epoch, unconfirmed->ids);
  // Detached: it blocks in fsync, which code on an I/O thread must not do.
  actors::StoreOptions store_options = with_logging(options.store, options.log, components.shared);
  store_options.may_sleep = !components.node; // what the log delivers must not wait
  store_options.replicator = components.node.get();
  store_options.send_together = net::RunQueue::wake_once;
  components.store = components.system->spawn<caf::detached>(actors::store, components.shared, context.fanout, data,
                                                             std::move(store_options));
  if (components.node) attach(*components.node, components.store, components.membership, options.log);
  context.api.registry = components.system->spawn(actors::registry, components.shared, components.store, *sessions,
                                                  std::move(unconfirmed->hostnames));
  actors::AlertOptions alert_options = options.alerts;
  if (!alert_options.channels.empty()) {
    components.notify_client = std::make_unique<notify::Client>();
    alert_options.send = [client = components.notify_client.get()](notify::Request request,
                                                                   notify::Client::Callback callback) {
      client->send(std::move(request), std::move(callback));
    };
  }
  // Detached: it reads the fleet.
  context.api.alerts = components.system->spawn<caf::detached>(actors::alert, components.shared, data, components.store,
                                                               std::move(alert_options));
  if (own_tokens) components.write_tokens(std::move(*own_tokens));
  if (!components.cluster_tokens) components.log_token_changes();
  components.check_certificates();
  const auto gone = [flag = components.actor_gone] { *flag = true; };
  context.api.registry->attach_functor(gone);
  context.fanout->attach_functor(gone);
  components.store->attach_functor(gone);
  context.api.alerts->attach_functor(gone);
  components.io_watchdog.emplace(*components.pool);
  components.store_watch.emplace(data->operations(), components.shared->log);
  if (components.node) {
    components.peer_watch.emplace(*components.node, *data, options.peers, options.log,
                                  [state = components.membership] { state->is_lost = true; });
  }
  components.listener->start();
  return server;
}

Server::~Server() {
  if (components_) (void)stop();
}

/// Adds an event for each token change. Changes that were not committed before a stop are added at the next start.
void Server::Components::log_token_changes() {
  if (auto write = tokens->take_changes(shared->now())) write_tokens(std::move(*write));
}

/// In a cluster: brings the file up to date; returns what was changed in it.
std::optional<store::Write> Server::Components::update_cluster_tokens() {
  const std::uint64_t changes_seen = shared->token_changes;
  const auto snapshot = directory->store().snapshot();
  const auto stored = snapshot ? stored_tokens(*snapshot) : tl::make_unexpected(snapshot.error());
  if (!stored) return std::nullopt; // the store is being reopened: the next tick asks again
  auto updated = cluster_tokens->update(*stored, shared->now());
  const std::string problem = updated ? "" : updated.error();
  if (!problem.empty() && problem != token_problem) shared->log(actors::Level::error, "tokens", problem);
  token_problem = problem;
  if (!updated) return std::nullopt;
  token_changes = changes_seen;
  return std::move(*updated);
}

void Server::Components::write_tokens(store::Write write) {
  auto job = std::make_shared<actors::WriteJob>();
  job->write = std::move(write);
  job->urgent = true;
  shared->commit_gate.announce();
  caf::anon_send(store, std::move(job));
}

void Server::Components::check_certificates() {
  const auto tls = context->admission.tls.context();
  if (!tls) return;
  const auto wall =
      std::chrono::duration_cast<net::CertificateTime>(std::chrono::system_clock::now().time_since_epoch());
  certificates.check(tls.get(), tls->report, wall, std::chrono::steady_clock::now(), shared->log);
}

void Server::tick() {
  if (!components_ || !components_->system) return;
  components_->clock->update();
  components_->store_watch->check();
  const bool hangs = components_->directory->store().operations().hanging().has_value(); // this thread must not
  if (components_->peer_watch && !hangs) components_->peer_watch->check();
  components_->check_certificates();
  if (components_->cluster_tokens && !hangs &&
      (components_->cluster_tokens->has_changed() ||
       components_->shared->token_changes != components_->token_changes)) {
    if (auto write = components_->update_cluster_tokens()) components_->write_tokens(std::move(*write));
  }
  const auto changed = components_->tokens->refresh(components_->context->admission.guard);
  if (!changed) components_->shared->log(actors::Level::error, "tokens", changed.error());
  if (!changed || !*changed) return;
  components_->context->sessions.each([](net::WebSocketSession& session) { session.revalidate_grant(); });
  if (!components_->cluster_tokens) components_->log_token_changes();
}

tl::expected<void, std::string> Server::reload(const ServerOptions& options) {
  tick();
  if (options.net.tls.wanted() != is_tls()) {
    return tl::make_unexpected("tls-cert: turning TLS on or off requires a restart");
  }
  auto loaded = components_->context->admission.tls.load(options.net.tls);
  components_->check_certificates();
  return loaded;
}

bool Server::is_tls() const {
  return components_->context->admission.tls.context() != nullptr;
}

std::uint16_t Server::port() const {
  return components_->port;
}

bool Server::is_alive(std::chrono::milliseconds timeout) {
  const auto now = std::chrono::steady_clock::now();
  const bool alive = !*components_->actor_gone && components_->io_watchdog->is_alive(now, timeout);
  components_->io_watchdog->probe(now);
  return alive;
}

bool Server::must_rejoin() const {
  return components_ && components_->membership->is_lost;
}

bool Server::has_failed() const {
  return components_ && components_->membership->has_failed;
}

std::string Server::status() const {
  const net::ServerContext& context = *components_->context;
  std::string text = std::to_string(context.counters.level(&metrics::NetCounters::nvr_sessions)) + " NVRs connected, " +
                     std::to_string(context.dashboards.size()) + " dashboards";
  if (components_->directory->store().operations().hanging()) {
    text += "; degraded: the disk does not answer, nothing new is shown or acknowledged";
  } else if (components_->shared->degraded) {
    text += "; degraded: commits fail, nothing new is shown or acknowledged";
  }
  return text;
}

bool Server::stop(std::chrono::milliseconds timeout) {
  if (!components_) return true;
  Components& components = *components_;
  if (!components.system) { // start() failed earlier
    components_.reset();
    return true;
  }
  net::ServerContext& context = *components.context;
  context.api.draining = true;
  components.listener->stop();
  if (components.node && components.node->may_serve()) timeout -= send_away(context);

  // 1. Stop reading. After the flush every message that was read is in a mailbox; only a repeat that its actor sends
  // back to be decoded may still be lost, and the NVR's next auth repeats it.
  context.sessions.each([](net::WebSocketSession& session) { session.quiesce(); });
  components.pool->flush();

  // 2. The actors finish their commits and acks. The registry terminates last. Without its lease a server of a cluster
  // cannot finish anything.
  if (components.node && !components.node->may_serve()) caf::anon_send(components.store, actors::Fenced{});
  auto drained = std::make_shared<std::promise<void>>();
  context.api.registry->attach_functor([drained] { drained->set_value(); });
  caf::anon_send(context.api.registry, actors::Drain{});
  if (drained->get_future().wait_for(timeout) != std::future_status::ready) return false;

  // 3. Close the sockets.
  context.sessions.each([](net::WebSocketSession& session) { session.close(protocol::CloseCode::going_away); });
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (context.sessions.count() > 0 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }

  // Peers that did not answer the close frame.
  context.sessions.each([](net::WebSocketSession& session) { session.drop(); });
  components.pool->flush();

  // 4. Stop the rest while the I/O threads still run the actors. A handle that outlives a detached actor would hang it.
  context.join_workers();
  context.api.cursors.clear();
  context.api.registry = actors::RegistryActor{};
  {
    caf::scoped_actor self{*components.system};
    caf::anon_send_exit(context.api.alerts, caf::exit_reason::user_shutdown);
    self->wait_for(context.api.alerts);
    context.api.alerts = actors::AlertActor{};
    caf::anon_send_exit(components.store, caf::exit_reason::user_shutdown);
    self->wait_for(components.store);
  }
  if (components.node) (void)components.node->leave(max_leave); // else its lease ends by itself
  components.store = actors::StoreActor{};
  caf::anon_send_exit(context.fanout, caf::exit_reason::user_shutdown);
  context.fanout = actors::FanoutActor{};
  components_.reset();
  return true;
}

} // namespace nvrhub::app
