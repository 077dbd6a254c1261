#pragma once

#include <string>
#include <vector>

#include "app/log/logger.hpp"
#include "app/serve_flags.hpp"
#include "app/server.hpp"

namespace nvrhub::app {

/// What SIGHUP does: reads the config file again, under the same command line and environment, and takes over what can
/// change (reloadable_flags). A file that is wrong changes nothing. The log tells which flags changed and which of them
/// wait for a restart; never their values.
class Reload {
public:
  Reload(std::vector<std::string> arguments, FlagValues values, Logger& logger, Server& server);
  void operator()();

private:
  std::vector<std::string> arguments_;
  FlagValues values_; // that are in force
  Logger& logger_;
  Server& server_;
};

} // namespace nvrhub::app
