#pragma once

#include <string>
#include <vector>

#include "app/cli/serve_flags.hpp"
#include "app/log/logger.hpp"
#include "app/server.hpp"

namespace nvrhub::app {

/// Handles SIGHUP: reads the config file again under the same command line and environment, and applies the flags that
/// can change at run time (reloadable_flags). An invalid file changes nothing. The log names the changed flags and
/// those that need a restart, never their values.
class Reload {
public:
  Reload(std::vector<std::string> arguments, FlagValues values, Logger& logger, Server& server);
  void operator()();

private:
  std::vector<std::string> arguments_;
  FlagValues values_; // in force
  Logger& logger_;
  Server& server_;
};

} // namespace nvrhub::app
