#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <tl/expected.hpp>

#include "access/cluster_secret.hpp"
#include "actors/messages.hpp"
#include "api/connections.hpp"
#include "api/query/cursors.hpp"
#include "protocol/encode/cluster.hpp"
#include "store/store.hpp"

namespace nvrhub::api {

/// The I/O thread of the connection that a request came on. Handlers post to it and start their timers on it.
using Executor = boost::asio::io_context::executor_type;

struct Options {
  std::size_t max_body = 1 << 20;    // bytes of a request body, except POST /api/v1/import
  std::size_t max_import = 64 << 20; // bytes of the body of POST /api/v1/import
  bool manual_api = false;           // --manual-api
  bool has_peers = false;            // --cluster-secret-file: other servers call this one
};

/// What /metrics and POST /api/v1/admin/backup say of this server.
struct About {
  std::string version;
  std::filesystem::path data_file;
};

/// A call that another server of the cluster is to carry out.
struct ForwardedCall {
  std::string address; // of the other server
  std::string method;
  std::string target;
  std::string body;
  std::string grant; // of the caller, as handlers/forward.hpp encodes it
};

struct ForwardedAnswer {
  int status = 0;
  std::string body;
};

/// What HTTP handlers need of the server.
///
/// THREADS: any thread may use it; `registry` and `cluster` are set before the first request, `registry` is cleared
/// after the last. OWNERSHIP: made before the I/O threads and outlives them.
struct Context {
  Context(Options its_options, About its_about, actors::SharedPtr its_shared, std::shared_ptr<store::Store> its_store,
          Connections& its_connections)
      : options(its_options), about(std::move(its_about)), shared(std::move(its_shared)), store(std::move(its_store)),
        connections(its_connections) {}

  const Options options;
  const About about;
  const actors::SharedPtr shared; // settings, clock, log, presence and counters of the actors
  const std::shared_ptr<store::Store> store;
  Connections& connections;
  actors::RegistryActor registry;
  actors::AlertActor alerts; // as `registry`
  /// What this server knows of its cluster's log, without `applied` and `nodes`. Empty: a single server. Any thread.
  std::function<protocol::ClusterStatus()> cluster;
  std::shared_ptr<const access::ClusterSecret> cluster_secret; // null: no other server can ask for anything
  access::Challenges challenges;
  /// Blocks. ERRORS: the other server does not answer. Empty: calls are not forwarded. Any thread.
  std::function<tl::expected<ForwardedAnswer, std::string>(const ForwardedCall&)> forward;
  Cursors cursors;
  std::atomic<std::size_t> queries{0}; // waiting for a thread of `readers` or running on one
  std::atomic<bool> draining{false};   // the server is stopping
  std::atomic<bool> leaving{false};    // NVRs are moved to other servers, and none is accepted (admin/drain)

  /// Run queries, which may wait for the disk and read the whole store. What is queued holds connections: reset() it
  /// before the I/O threads are destroyed.
  std::optional<boost::asio::thread_pool> readers{2};
  /// Waits for other servers of the cluster.
  std::optional<boost::asio::thread_pool> forwarder{1};
  std::atomic<std::size_t> forwarded{0}; // calls that wait for it or run on it
  /// Runs /metrics, which queries must not delay.
  std::optional<boost::asio::thread_pool> scraper{1};
};

} // namespace nvrhub::api
