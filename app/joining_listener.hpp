#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/tls/tls.hpp"

namespace nvrhub::app {

/// Answers health checks where the server will listen, while it joins its cluster, which may take minutes: GET /healthz
/// as ever, everything else 503 `joining`. THREADS: one of its own, from construction to destruction.
/// ERRORS: none: if the address or the certificate cannot be had, the server says so when it listens.
class JoiningListener {
public:
  JoiningListener(const std::string& address, std::uint16_t port, const net::TlsFiles& tls);
  ~JoiningListener();

private:
  class Impl;
  std::unique_ptr<Impl> impl_; // null: it does not listen
};

} // namespace nvrhub::app
