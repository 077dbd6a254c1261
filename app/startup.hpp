#pragma once

#include <optional>
#include <string>
#include <vector>

#include "access/guard.hpp"
#include "actors/messages.hpp"
#include "app/server.hpp"
#include "fleet/id_set.hpp"
#include "net/reactor/io_pool.hpp"
#include "store/store.hpp"

// What Server::start() checks, restores and connects before the actors run.
namespace nvrhub::app {

/// The NVRs that were online when the server last stopped. They are unconfirmed until they return.
struct UnconfirmedNvrs {
  std::vector<std::string> hostnames;
  fleet::IdSet ids;
};

/// Restores the presence data that outlives a restart: when each NVR was last seen, and which ones were online. Fills
/// the index of hostnames. In a cluster (Settings::in_cluster) only the NVRs that a lost server held are unconfirmed.
store::Result<UnconfirmedNvrs> restore_presence(const store::Snapshot& snapshot, actors::Shared& shared);

/// Why the server must not use this directory as it was asked to: a single server would write what the other servers of
/// the cluster do not have. nullopt: it may.
std::optional<std::string> check_cluster(const store::Store& store, const ServerOptions& options);

/// From here on this server observes the fleet: records that, and reserves the first session numbers. In a cluster the
/// store actor records it, and sessions are claimed. REQUIRES: Shared::clock.
store::Result<actors::SessionsReserved> begin_run(store::Store& store, const actors::Shared& shared);

/// Local files and sandboxed frames have access only by a token.
void warn_of_refused_origins(const ServerOptions& options, const access::Guard& guard, const actors::Log& log);

/// Why the server must not listen: anonymous access beyond loopback has to be permitted explicitly. nullopt: it may.
std::optional<std::string> check_anonymous_access(const ServerOptions& options, const access::Guard& guard);

/// Notes a pause of the process, which must not count as silence of its clients. OWNERSHIP: `shared` must outlive the
/// I/O threads.
net::IoThread::OnPause note_pause(const actors::SharedPtr& shared);

/// Sends the store's warnings to the log.
actors::StoreOptions with_logging(actors::StoreOptions options, const actors::Log& log,
                                  const actors::SharedPtr& shared);

} // namespace nvrhub::app
