#include "app/startup.hpp"

#include <chrono>
#include <set>
#include <utility>

#include <boost/asio/ip/address.hpp>

#include "actors/registry.hpp"
#include "net/http/origin_policy.hpp"

namespace nvrhub::app {

namespace {

store::Result<void> find_unconfirmed(const store::Snapshot& snapshot, actors::Shared& shared,
                                     UnconfirmedNvrs& unconfirmed) {
  std::set<store::OriginNumber> lost;
  auto walked = snapshot.each_origin([&](const store::Origin&, const store::OriginState& state) {
    if (state.lost) lost.insert(state.number);
  });
  if (!walked) return walked;
  return snapshot.each_held([&](fleet::NvrId id, store::OriginNumber holder) {
    if (!lost.contains(holder)) return;
    shared.presence.set_unconfirmed(id, true);
    unconfirmed.ids.insert(id);
  });
}

} // namespace

store::Result<UnconfirmedNvrs> restore_presence(const store::Snapshot& snapshot, actors::Shared& shared) {
  UnconfirmedNvrs unconfirmed;
  const auto head = snapshot.head();
  if (!head) return tl::make_unexpected(head.error());
  shared.head = *head;
  const auto walked = snapshot.each_nvr(0, [&](const fleet::Nvr& nvr) {
    shared.hostnames.insert(nvr.hostname);
    if (nvr.last_seen != 0) shared.presence.note_written(nvr.id, nvr.last_seen);
    if (nvr.online && !shared.settings.in_cluster) {
      shared.presence.set_unconfirmed(nvr.id, true);
      unconfirmed.hostnames.push_back(nvr.hostname);
      unconfirmed.ids.insert(nvr.id);
    }
    return true;
  });
  if (!walked) return tl::make_unexpected(walked.error());
  if (!shared.settings.in_cluster) return unconfirmed;
  return find_unconfirmed(snapshot, shared, unconfirmed).map([&] { return std::move(unconfirmed); });
}

std::optional<std::string> check_cluster(const store::Store& store, const ServerOptions& options) {
  if (options.cluster) return std::nullopt; // cluster::Node compares
  const auto snapshot = store.snapshot();
  const auto cluster = snapshot ? snapshot->cluster() : tl::make_unexpected(snapshot.error());
  if (!cluster) return cluster.error().message;
  if (!*cluster) return std::nullopt;
  return options.data.string() + " holds the data of cluster " + **cluster +
         ": serve it with --cluster, or serve a backup of it (`nvrhub backup`), which is a fleet of its own";
}

store::Result<actors::SessionsReserved> begin_run(store::Store& store, const actors::Shared& shared) {
  if (shared.settings.in_cluster) return actors::SessionsReserved{};
  if (const auto marked = store.record_liveness(
          {.now = shared.now(), .vouched = shared.clock->vouched(), .begins_run = true, .seen = {}, .applied = {}});
      !marked) {
    return tl::make_unexpected(marked.error());
  }
  return store.reserve_sessions(actors::session_block).map([](fleet::SessionNumber first) {
    return actors::SessionsReserved{first, actors::session_block};
  });
}

void warn_of_refused_origins(const ServerOptions& options, const access::Guard& guard, const actors::Log& log) {
  if (!guard.is_open()) return;
  for (const std::string& origin : options.net.origins.allowed) {
    if (!net::stands_for_many(origin)) continue;
    log(actors::Level::warn, "allow_origin",
        "pages of an origin in --allow-origin are refused until a token exists (nvrhub token add)",
        {{"origin", origin}});
  }
}

std::optional<std::string> check_anonymous_access(const ServerOptions& options, const access::Guard& guard) {
  boost::system::error_code not_an_address;
  const auto address = boost::asio::ip::make_address(options.address, not_an_address);
  if (not_an_address || address.is_loopback() || !guard.is_open() || options.allow_anonymous) return std::nullopt;
  return "refusing to listen on " + options.address +
         ": no access token exists, so everyone who reaches it could report and change statuses. Create a token with "
         "`nvrhub token add --data " +
         options.data.string() +
         " --role admin`, or listen on 127.0.0.1, or use --allow-anonymous if the network is protected otherwise";
}

net::IoThread::OnPause note_pause(const actors::SharedPtr& shared) {
  return [shared = shared.get()](net::MonoTime::duration pause) { // outlives the I/O threads
    const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(pause);
    shared->paused.store(shared->paused.load() + time); // only this thread writes it
    shared->log(actors::Level::warn, "paused",
                "the process did not run for a while (stopped, starved, or its machine was suspended); silent clients "
                "get the time of a ping to answer",
                {{"pause_ms", time.count()}});
  };
}

actors::StoreOptions with_logging(actors::StoreOptions options, const actors::Log& log,
                                  const actors::SharedPtr& shared) {
  options.warn = [log, shared](const std::string& message) {
    const bool degraded = shared->degraded;
    log(degraded ? actors::Level::error : actors::Level::warn, degraded ? "degraded" : "store", message);
  };
  return options;
}

} // namespace nvrhub::app
