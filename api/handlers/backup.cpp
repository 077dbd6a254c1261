// POST /api/v1/admin/backup.
#include <atomic>
#include <utility>

#include "api/handlers.hpp"
#include "api/self_exec.hpp"

namespace nvrhub::api {

namespace {

// One per process, which serves one data directory.
std::atomic<bool> backing_up{false};

/// The error message in what `nvrhub backup` wrote to stderr.
std::string reason_of(std::string output) {
  while (!output.empty() && output.back() == '\n')
    output.pop_back();
  constexpr std::string_view prefix = "nvrhub: ";
  if (const std::size_t at = output.rfind(prefix); at != std::string::npos) output.erase(0, at + prefix.size());
  return output.empty() ? "the backup process exited without output" : output;
}

} // namespace

void post_backup(Context& context, Executor executor, Request, Respond respond) {
  if (context.draining) return respond(error_response(503, "shutting_down", "the server is shutting down"));
  if (backing_up.exchange(true)) {
    return respond(error_response(409, "busy", "another backup is in progress; try again when it has finished"));
  }
  const std::filesystem::path data = context.about.data_file.parent_path();
  // In a process of its own: verifying the copy takes as much memory as the whole fleet, and reading a damaged page may
  // crash the process that does it.
  self_exec(executor, {"backup", "--json", "--data", data.string(), "--within", (data / "backups").string()},
            [respond = std::move(respond)](ProcessResult result) {
              backing_up = false;
              if (result.code == 0) {
                if (result.output.ends_with('\n')) result.output.pop_back();
                return respond({201, std::move(result.output)});
              }
              respond(error_response(503, "backup_failed", reason_of(std::move(result.output))));
            });
}

} // namespace nvrhub::api
