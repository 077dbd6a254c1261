#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "log/etcd/client.hpp"
#include "log/etcd/endpoint.hpp"
#include "log/etcd/tls.hpp"
#include "log/log.hpp"

namespace nvrhub::log::etcd {

struct Options {
  Cluster cluster;
  TlsFiles tls;            // used if the cluster is reached by https://
  Credentials credentials; // only with https://
  Origin origin;
  std::chrono::seconds lease{10};               // etcd grants at least 1.5 times its election timeout
  std::chrono::milliseconds attempt{300};       // a member that takes longer to answer is left for the next one
  std::chrono::milliseconds append_limit{2000}; // then an append is `unknown`
};

/// The log in an etcd of version 3.4 or newer that is used for nothing else: compaction concerns all of its keys.
/// The revision of etcd's store is the position. docs/internals/decisions/0039 explains the choices.
/// ERRORS: `invalid` for an origin's node with other characters than Origin permits, for TLS files that cannot be
/// used, and for a password without TLS.
Result<std::unique_ptr<Log>> make_etcd_log(boost::asio::io_context& io, Options options);

} // namespace nvrhub::log::etcd
