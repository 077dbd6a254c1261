#include "app/server.hpp"

#include "app/descriptors.hpp"
#include "app/token_watch.hpp"

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

#include "actors/fanout.hpp"
#include "actors/registry.hpp"
#include "app/pulse.hpp"
#include "net/coordinator.hpp"
#include "net/dashboards.hpp"
#include "net/io_pool.hpp"
#include "net/listener.hpp"
#include "net/websocket_session.hpp"
#include "store/directory.hpp"

namespace nvrhub::app {

namespace {

fleet::WallMillis wall_clock() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// The NVRs that were online when the server last stopped.
struct Recalled {
  std::vector<std::string> hostnames;
  fleet::IdSet ids;
};

/// Fills in what outlives a restart without being an event: who was seen when, and who was online and may come back.
store::Result<Recalled> recall(const store::Snapshot& snapshot, actors::Shared& shared) {
  Recalled unconfirmed;
  const auto head = snapshot.head();
  if (!head) return tl::make_unexpected(head.error());
  shared.head = *head;
  const auto walked = snapshot.each_nvr(0, [&](const fleet::Nvr& nvr) {
    if (nvr.last_seen != 0) shared.presence.touch(nvr.id, nvr.last_seen);
    if (nvr.online) {
      shared.presence.set_unconfirmed(nvr.id, true);
      unconfirmed.hostnames.push_back(nvr.hostname);
      unconfirmed.ids.insert(nvr.id);
    }
    return true;
  });
  if (!walked) return tl::make_unexpected(walked.error());
  return unconfirmed;
}

struct SystemConfig : caf::actor_system_config {
  explicit SystemConfig(net::IoPool& pool) {
    set("scheduler.max-threads", pool.size());
    module_factories.emplace_back([&pool](caf::actor_system& system) -> caf::actor_system::module* {
      return new net::AsioCoordinator(system, pool.run_queues());
    });
  }
};

/// Why the server may not listen there; nothing: it may.
std::optional<std::string> refuse_strangers(const ServerOptions& options, const access::Guard& guard) {
  boost::system::error_code not_an_address;
  const auto address = boost::asio::ip::make_address(options.address, not_an_address);
  if (not_an_address || address.is_loopback() || !guard.is_open() || options.allow_anonymous) return std::nullopt;
  return "refusing to listen on " + options.address +
         ": no token was made, so that anyone who reaches it could report and change statuses. Make one with `nvrhub "
         "token add --data " +
         options.data.string() +
         " --role admin`, listen on 127.0.0.1, or say --allow-anonymous if the network keeps strangers out";
}

/// Where the log hears of the store.
actors::StoreOptions heard(actors::StoreOptions options, const actors::Log& log, const actors::SharedPtr& shared) {
  options.warn = [log, shared](const std::string& message) {
    const bool degraded = shared->degraded;
    log(degraded ? actors::Level::error : actors::Level::warn, degraded ? "degraded" : "store", message);
  };
  return options;
}

} // namespace

/// In order of construction; what is further down goes first.
struct Server::Parts {
  std::unique_ptr<store::Directory> directory;
  actors::SharedPtr shared = std::make_shared<actors::Shared>();
  std::unique_ptr<net::Services> services; // outlives the pool: connections that die with it leave their lists
  std::unique_ptr<net::IoPool> pool;
  std::unique_ptr<net::Listener> listener;
  std::unique_ptr<SystemConfig> config;
  std::unique_ptr<caf::actor_system> system;
  actors::StoreActor store;
  std::optional<Pulse> pulse;
  std::shared_ptr<std::atomic<bool>> actor_gone = std::make_shared<std::atomic<bool>>(false); // one that all needs
  std::uint16_t port = 0;
  std::unique_ptr<TokenWatch> tokens;

  void tell_of_tokens();

  ~Parts() {
    system.reset();
    if (pool) pool->stop();
    listener.reset(); // not before: what it posted may still run
    if (services) {
      services->readers.reset();
      services->pages.reset();
      services->scraper.reset();
    }
    pool.reset();
  }
};

Server::Server() : parts_(std::make_unique<Parts>()) {}

tl::expected<std::unique_ptr<Server>, std::string> Server::start(const ServerOptions& options) {
  std::unique_ptr<Server> server(new Server);
  Parts& parts = *server->parts_;

  store::DirectoryOptions opening;
  opening.tell = [&options](const std::string& text) { options.log(actors::Level::warn, "upgrade", text); };
  auto directory = store::Directory::open(options.data, opening);
  if (!directory) return tl::make_unexpected(directory.error().message);
  parts.directory = std::move(*directory);
  const std::shared_ptr<store::Store> data(&parts.directory->store(), [](store::Store*) {}); // Parts outlives its users

  parts.shared->settings = options.settings;
  parts.shared->now = wall_clock;
  parts.shared->log = options.log;
  const auto snapshot = data->snapshot();
  if (!snapshot) return tl::make_unexpected(snapshot.error().message);
  auto unconfirmed = recall(*snapshot, *parts.shared);
  if (!unconfirmed) return tl::make_unexpected(unconfirmed.error().message);
  const auto epoch = snapshot->epoch();
  if (!epoch) return tl::make_unexpected(epoch.error().message);
  if (const auto marked = data->mark({.now = wall_clock(), .seen = {}});
      !marked) { // from here on this server watches the fleet
    return tl::make_unexpected(marked.error().message);
  }
  const auto told = snapshot->tokens_told();
  if (!told) return tl::make_unexpected(told.error().message);
  const auto sessions = data->reserve_sessions(actors::session_block);
  if (!sessions) return tl::make_unexpected(sessions.error().message);

  const unsigned threads = options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
  parts.pool = std::make_unique<net::IoPool>(threads);
  parts.services = std::make_unique<net::Services>(*parts.pool);
  net::Services& services = *parts.services;
  services.options = options.net;
  services.about = {NVRHUB_VERSION, options.data / "data.mdb"};
  services.log = options.log;
  services.shared = parts.shared;
  services.store = data;

  parts.tokens = std::make_unique<TokenWatch>(options.data, *told);
  if (const auto read = parts.tokens->refresh(services.guard); !read) return tl::make_unexpected(read.error());
  if (auto refused = refuse_strangers(options, services.guard)) return tl::make_unexpected(std::move(*refused));
  if (const auto loaded = services.tls.load(options.net.tls); !loaded) return tl::make_unexpected(loaded.error());

  // Polite refusals instead of connections that can't be taken.
  services.options.max_connections = std::min(services.options.max_connections, most_connections());
  for (std::size_t i = 0; i < parts.pool->size(); ++i)
    parts.pool->thread(i).handshakes().set_most(
        std::max<std::size_t>(1, options.net.max_handshakes / parts.pool->size()));
  net::Memory::watch(services);

  parts.listener = std::make_unique<net::Listener>(*parts.pool, services);
  const auto port = parts.listener->listen(options.address, options.port);
  if (!port) return tl::make_unexpected(port.error());
  parts.port = *port;

  parts.pool->start();
  parts.config = std::make_unique<SystemConfig>(*parts.pool);
  parts.system = std::make_unique<caf::actor_system>(*parts.config);
  const std::shared_ptr<actors::FeedSink> sink(&services.dashboards, [](actors::FeedSink*) {}); // outlives the actors
  services.fanout = parts.system->spawn(actors::fanout, parts.shared, data, sink, *epoch, unconfirmed->ids);
  // Detached: it blocks in fsync, and nothing that runs on an I/O thread may.
  parts.store = parts.system->spawn<caf::detached>(actors::store, parts.shared, services.fanout, data,
                                                   heard(options.store, options.log, parts.shared));
  services.registry =
      parts.system->spawn(actors::registry, parts.shared, parts.store,
                          actors::Reserved{*sessions, actors::session_block}, std::move(unconfirmed->hostnames));
  parts.tell_of_tokens();
  const auto gone = [flag = parts.actor_gone] { *flag = true; };
  services.registry->attach_functor(gone);
  services.fanout->attach_functor(gone);
  parts.store->attach_functor(gone);
  parts.pulse.emplace(*parts.pool);
  parts.listener->start();
  return server;
}

Server::~Server() {
  if (parts_) (void)stop();
}

/// Token by token, as events; those that a server did not live to tell of come when the next one starts.
void Server::Parts::tell_of_tokens() {
  auto write = tokens->take_news(shared->now());
  if (!write) return;
  auto job = std::make_shared<actors::WriteJob>();
  job->write = std::move(*write);
  caf::anon_send(store, std::move(job));
}

void Server::tick() {
  if (!parts_ || !parts_->system) return;
  const auto changed = parts_->tokens->refresh(parts_->services->guard);
  if (!changed) parts_->services->log(actors::Level::error, "tokens", changed.error());
  if (!changed || !*changed) return;
  parts_->services->sessions.each([](net::WebSocketSession& session) { session.recheck(); });
  parts_->tell_of_tokens();
}

tl::expected<void, std::string> Server::reload(const ServerOptions& options) {
  tick();
  if (options.net.tls.wanted() != is_tls()) {
    return tl::make_unexpected("TLS is turned on or off with a restart alone: clients would not understand");
  }
  return parts_->services->tls.load(options.net.tls);
}

bool Server::is_tls() const {
  return parts_->services->tls.context() != nullptr;
}

std::uint16_t Server::port() const {
  return parts_->port;
}

bool Server::is_alive(std::chrono::milliseconds patience) {
  const auto now = std::chrono::steady_clock::now();
  const bool alive = !*parts_->actor_gone && parts_->pulse->is_alive(now, patience);
  parts_->pulse->ask(now);
  return alive;
}

std::string Server::status() const {
  const net::Services& services = *parts_->services;
  std::string text = std::to_string(services.counters.level(&net::Counters::nvr_sessions)) + " NVRs connected, " +
                     std::to_string(services.dashboards.size()) + " dashboards";
  if (services.shared->degraded) text += "; degraded: commits fail, nothing new is shown or acked";
  return text;
}

bool Server::stop(std::chrono::milliseconds patience) {
  if (!parts_) return true;
  Parts& parts = *parts_;
  if (!parts.system) { // start() did not get that far
    parts_.reset();
    return true;
  }
  net::Services& services = *parts.services;
  services.draining = true;
  parts.listener->stop();

  // 1. Nothing more is read. Once every thread has heard, all that was read is in a mailbox.
  services.sessions.each([](net::WebSocketSession& session) { session.quiesce(); });
  parts.pool->flush();

  // 2. The actors finish what they have: commits, acks. The registry leaves last.
  auto drained = std::make_shared<std::promise<void>>();
  services.registry->attach_functor([drained] { drained->set_value(); });
  caf::anon_send(services.registry, actors::Drain{});
  if (drained->get_future().wait_for(patience) != std::future_status::ready) return false;

  // 3. The sockets close.
  services.sessions.each([](net::WebSocketSession& session) { session.close(protocol::CloseCode::going_away); });
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (services.sessions.count() > 0 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }

  services.sessions.each([](net::WebSocketSession& session) { session.drop(); }); // whoever does not answer the close
  parts.pool->flush();

  // 4. The rest, while the I/O threads still run the actors. A handle that outlives a detached actor would hang it.
  services.readers->join();
  services.pages->join();
  services.scraper->join();
  services.cursors.clear();
  services.registry = actors::RegistryActor{};
  caf::anon_send_exit(parts.store, caf::exit_reason::user_shutdown);
  {
    caf::scoped_actor self{*parts.system};
    self->wait_for(parts.store);
  }
  parts.store = actors::StoreActor{};
  caf::anon_send_exit(services.fanout, caf::exit_reason::user_shutdown);
  services.fanout = actors::FanoutActor{};
  parts_.reset();
  return true;
}

} // namespace nvrhub::app
