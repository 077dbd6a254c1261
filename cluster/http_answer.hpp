#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace nvrhub::cluster {

struct HttpAnswer {
  int status = 0;
  std::string body;
  std::optional<std::chrono::system_clock::time_point> date; // by the other side's clock, in whole seconds
};

/// Paths of PEM files.
struct HttpTls {
  std::string ca;               // authority of the other side's certificate; empty: the machine's
  std::string_view ca_flag;     // that names `ca`, for messages
  std::string certificate = {}; // that is shown; empty: none
  std::string key = {};
};

} // namespace nvrhub::cluster
