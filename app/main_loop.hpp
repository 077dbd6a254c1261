#pragma once

#include <csignal>
#include <functional>

#include "app/log/logger.hpp"
#include "app/server.hpp"
#include "app/systemd/service_manager.hpp"

namespace nvrhub::app {

/// Runs the main thread while the server runs: ticks the server, calls `reload` on SIGHUP, reports suppressed log lines
/// and feeds the service manager's watchdog while the server is alive. Returns SIGTERM or SIGINT when it arrives, or 0
/// when the server's membership in its cluster has ended (Server::must_rejoin, has_failed).
/// REQUIRES: `signals` holds SIGTERM, SIGINT and SIGHUP, and every thread blocks them.
/// THREADS: the thread that started the server.
int run_main_loop(Server& server, Logger& logger, ServiceManager& manager, const sigset_t& signals,
                  const std::function<void()>& reload);

} // namespace nvrhub::app
