#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

#include "access/guard.hpp"
#include "net/limits/token_bucket.hpp"
#include "net/options.hpp"
#include "net/tls/tls.hpp"

namespace nvrhub::net {

/// Admission control: everything that decides whether a connection, and then a request on it, is accepted. Shared by
/// the listener, HTTP connections and the sessions that they become.
///
/// THREADS: any.
struct Admission {
  Admission(ConnectionLimits its_limits, OriginOptions its_origins)
      : limits(std::move(its_limits)), origins(std::move(its_origins)) {}

  const ConnectionLimits limits;
  const OriginOptions origins;
  access::Guard guard; // tokens
  Tls tls;
  AddressRates rates;
  std::atomic<std::size_t> connections{0};       // open
  std::atomic<std::size_t> dashboard_sockets{0}; // of the open connections
};

} // namespace nvrhub::net
