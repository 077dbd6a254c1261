#include "net/server_context.hpp"

#include <random>
#include <utility>

#include "net/websocket/session.hpp"

namespace nvrhub::net {

class ServerContext::OpenConnections final : public api::Connections {
public:
  explicit OpenConnections(ServerContext& server) : server_(server) {}

  Gauges gauges() const override {
    Gauges now;
    now.connections = server_.admission.connections;
    now.connections_limit = server_.admission.limits.max_connections;
    now.websockets = server_.sessions.count();
    now.dashboards = server_.dashboards.size();
    now.held_bytes = server_.memory.used();
    now.shed_connections = server_.memory.shed_connections();
    now.dashboard_waiting_bytes = server_.dashboards.waiting_bytes();
    now.runnable_actors = server_.pool_.thread(0).run_queue().outstanding();
    if (const auto tls = server_.admission.tls.context()) {
      const auto seconds = [](CertificateTime time) { return std::int64_t{time.count()}; };
      if (const auto end = tls->report.chain_expiry()) now.certificate_expiry = seconds(*end);
      if (const auto end = tls->report.authorities_expiry()) now.client_ca_expiry = seconds(*end);
    }
    return now;
  }
  const Counters& counters() const override { return server_.counters; }
  void each_lag(const std::function<void(const LagHistogram&)>& visit) const override {
    for (std::size_t i = 0; i < server_.pool_.size(); ++i)
      visit(server_.pool_.thread(i).lag_us());
  }
  void drain(std::chrono::milliseconds over) override {
    server_.sessions.each([over](WebSocketSession& session) {
      thread_local std::minstd_rand random{std::random_device{}()};
      std::uniform_int_distribution<std::chrono::milliseconds::rep> moment(0, over.count());
      session.leave_at(std::chrono::steady_clock::now() + std::chrono::milliseconds(moment(random)));
    });
  }

private:
  ServerContext& server_;
};

ServerContext::ServerContext(IoPool& pool, NetOptions options, api::Options api_options, api::About about,
                             actors::SharedPtr shared, std::shared_ptr<store::Store> store)
    : pool_(pool), options_(std::move(options)), open_connections_(std::make_unique<OpenConnections>(*this)),
      admission(options_.connections, options_.origins), memory(pool, options_.memory_limit, shared->log),
      sessions(pool), api(api_options, std::move(about), std::move(shared), std::move(store), *open_connections_),
      dashboards(pool, PagesContext{*pages_pool_, *api.store, api.shared->presence, api.draining},
                 DashboardLimits{options_.websockets.max_outbound, options_.max_snapshots}),
      websocket{options_.timeouts, options_.websockets, admission.guard, admission.connections, memory, sessions,
                counters},
      nvr{websocket, *api.shared, api.registry, api.leaving}, dashboard{websocket,    dashboards,
                                                                        fanout,       admission.dashboard_sockets,
                                                                        api.draining, api.shared->log},
      http{admission, options_.timeouts, memory, counters, api, nvr, dashboard} {
  const ConnectionLimits& limits = admission.limits;
  for (std::size_t i = 0; i < pool.size(); ++i)
    pool.thread(i).pending_connections().set_max(std::max<std::size_t>(1, limits.max_handshakes / pool.size()));
  memory.watch(dashboards);
}

ServerContext::~ServerContext() = default;

void ServerContext::join_workers() {
  api.readers->join();
  api.forwarder->join();
  pages_pool_->join();
  api.scraper->join();
}

void ServerContext::stop_workers() {
  api.readers.reset();
  api.forwarder.reset();
  pages_pool_.reset();
  api.scraper.reset();
}

} // namespace nvrhub::net
