// Calls for whoever runs the server.
#include <atomic>
#include <utility>

#include "net/api.hpp"
#include "net/own_program.hpp"

namespace nvrhub::net {

namespace {

// Of this process, which serves one data directory.
std::atomic<bool> backing_up{false};

/// What `nvrhub backup` wrote to stderr, as a sentence of its own.
std::string reason_of(std::string said) {
  while (!said.empty() && said.back() == '\n')
    said.pop_back();
  constexpr std::string_view prefix = "nvrhub: ";
  if (const std::size_t at = said.rfind(prefix); at != std::string::npos) said.erase(0, at + prefix.size());
  return said.empty() ? "the process that makes it ended without a word" : said;
}

} // namespace

void post_backup(Services& services, IoThread& thread, ApiRequest, Respond respond) {
  if (services.draining) return respond(api_error(503, "shutting_down", "the server is shutting down"));
  if (backing_up.exchange(true)) return respond(api_error(409, "busy", "a backup is being made: wait for it"));
  const std::filesystem::path data = services.about.data_file.parent_path();
  // In a process of its own: to check the copy takes the memory of a whole fleet, and reading a damaged page may take
  // a process down.
  run_own_program(thread, {"backup", "--json", "--data", data.string(), "--within", (data / "backups").string()},
                  [respond = std::move(respond)](ProgramEnd end) {
                    backing_up = false;
                    if (end.code == 0) {
                      if (end.said.ends_with('\n')) end.said.pop_back();
                      return respond({201, std::move(end.said)});
                    }
                    respond(api_error(503, "backup_failed", reason_of(std::move(end.said))));
                  });
}

} // namespace nvrhub::net
