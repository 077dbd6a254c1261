#include "net/support/actor_server.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <thread>

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "actors/fanout/fanout_actor.hpp"
#include "actors/registry.hpp"
#include "actors/store/store_actor.hpp"
#include "net/reactor/coordinator.hpp"
#include "net/websocket/session.hpp"
#include "store/memory_backend.hpp"

namespace nvrhub::net::test {

namespace {

bool wait_until(const std::function<bool()>& is_done) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!is_done()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

} // namespace

struct ActorServer::Config : caf::actor_system_config {
  explicit Config(IoPool& pool) {
    set("scheduler.max-threads", pool.size());
    module_factories.emplace_back([&pool](caf::actor_system& system) -> caf::actor_system::module* {
      return new AsioCoordinator(system, pool.run_queues());
    });
  }
};

ActorServer::ActorServer(NetOptions options)
    : store_(std::move(*store::Store::open(store::make_memory_backend()))), pool_(std::make_unique<IoPool>(2)) {
  const auto shared = std::make_shared<actors::Shared>();
  shared->settings.enroll_auto = true;
  shared->now = [] { return fleet::WallMillis{1'700'000'000'000}; };
  context = std::make_unique<ServerContext>(*pool_, std::move(options), api::Options{}, api::About{}, shared, store_);
  listener_ = std::make_unique<Listener>(*pool_, context->http);
  port = listener_->listen("127.0.0.1", 0).value();
  pool_->start();
  config_ = std::make_unique<Config>(*pool_);
  system_ = std::make_unique<caf::actor_system>(*config_);
  const std::shared_ptr<actors::Publisher> publisher(&context->dashboards, [](actors::Publisher*) {});
  context->fanout =
      system_->spawn(actors::fanout, shared, store_, publisher, *store_->snapshot()->epoch(), fleet::IdSet{});
  store_actor_ = system_->spawn<caf::detached>(actors::store, shared, context->fanout, store_, actors::StoreOptions{});
  const auto first = store_->reserve_sessions(actors::session_block).value();
  context->api.registry =
      system_->spawn(actors::registry, shared, store_actor_, actors::SessionsReserved{first, actors::session_block},
                     std::vector<std::string>{});
  listener_->start();
}

/// In the order of app::Server::stop().
ActorServer::~ActorServer() {
  listener_->stop();
  context->sessions.each([](WebSocketSession& session) { session.drop(); });
  pool_->flush();
  auto drained = std::make_shared<std::promise<void>>();
  context->api.registry->attach_functor([drained] { drained->set_value(); });
  caf::anon_send(context->api.registry, actors::Drain{});
  drained->get_future().wait();
  context->join_workers();
  context->api.cursors.clear();
  context->api.registry = actors::RegistryActor{};
  caf::anon_send_exit(store_actor_, caf::exit_reason::user_shutdown);
  {
    caf::scoped_actor self{*system_};
    self->wait_for(store_actor_);
  }
  store_actor_ = actors::StoreActor{};
  caf::anon_send_exit(context->fanout, caf::exit_reason::user_shutdown);
  context->fanout = actors::FanoutActor{};
  system_.reset();
  pool_->stop();
  listener_.reset();
  context->stop_workers();
  pool_.reset(); // before the context: connections that are destroyed with it use the context
}

std::string ActorServer::last_event() const {
  std::string text;
  const auto snapshot = store_->snapshot().value();
  const fleet::Seq head = snapshot.head().value();
  (void)snapshot.each_event(head - std::min<fleet::Seq>(head, 1), head, std::nullopt,
                            [&text](const fleet::Event& event) {
                              text = std::to_string(event.seq) + " " + std::string(fleet::to_string(event.kind));
                              if (event.cause) text += " " + std::string(fleet::to_string(*event.cause));
                              return true;
                            });
  return text;
}

bool ActorServer::wait_for_event(const std::string& text) const {
  return wait_until([&] { return last_event() == text; });
}

bool ActorServer::wait_for_level(metrics::Counter metrics::NetCounters::*counter, std::uint64_t level) const {
  return wait_until([&] { return context->counters.level(counter) == level; });
}

std::uint64_t ActorServer::closes(int code) const {
  const std::size_t index = metrics::index_in(metrics::close_codes, code);
  return context->counters.sum(
      [index](const metrics::NetCounters& counters) -> const metrics::Counter& { return counters.closes[index]; });
}

} // namespace nvrhub::net::test
