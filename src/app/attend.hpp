#pragma once

#include <csignal>
#include <functional>

#include "app/log/logger.hpp"
#include "app/server.hpp"
#include "app/service_manager.hpp"

namespace nvrhub::app {

/// What the main thread does while the server runs: waits for SIGTERM or SIGINT and answers which it was; calls
/// `reload` on SIGHUP; gives the server its ticks; tells the service manager that it is alive, as long as it is.
/// `signals`, those three, must be blocked in every thread.
int attend(Server& server, Logger& logger, ServiceManager& manager, const sigset_t& signals,
           const std::function<void()>& reload);

} // namespace nvrhub::app
