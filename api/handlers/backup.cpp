// POST /api/v1/admin/backup.
#include <atomic>
#include <memory>
#include <utility>

#include "api/handlers.hpp"
#include "api/handlers/backups.hpp"

namespace nvrhub::api {

namespace {

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

BackupPermit::BackupPermit() : holds_(!backing_up.exchange(true)) {}

BackupPermit::~BackupPermit() {
  if (holds_) backing_up = false;
}

Response busy_with_backup() {
  return error_response(409, "busy", "another backup is in progress; try again when it has finished");
}

Response backup_failed(ProcessResult result) {
  return error_response(503, "backup_failed", reason_of(std::move(result.output)));
}

void back_up(Context& context, Executor executor, std::vector<std::string> where,
             std::function<void(ProcessResult)> done) {
  std::vector<std::string> arguments{"backup", "--json", "--data", context.about.data_file.parent_path().string()};
  arguments.insert(arguments.end(), where.begin(), where.end());
  self_exec(executor, arguments, std::move(done));
}

void post_backup(Context& context, Executor executor, Request, Respond respond) {
  if (context.draining) return respond(error_response(503, "shutting_down", "the server is shutting down"));
  const auto permit = std::make_shared<const BackupPermit>();
  if (!*permit) return respond(busy_with_backup());
  back_up(context, executor, {"--within", (context.about.data_file.parent_path() / "backups").string()},
          [permit, respond = std::move(respond)](ProcessResult result) {
            if (result.code != 0) return respond(backup_failed(std::move(result)));
            if (result.output.ends_with('\n')) result.output.pop_back();
            respond({201, std::move(result.output)});
          });
}

} // namespace nvrhub::api
