#pragma once

#include <functional>
#include <string>
#include <vector>

#include "api/context.hpp"
#include "api/request.hpp"
#include "api/self_exec.hpp"

namespace nvrhub::api {

/// Permission for the only backup of this process, which serves one data directory, until it is destroyed. THREADS:
/// any.
class BackupPermit {
public:
  BackupPermit();
  ~BackupPermit();
  BackupPermit(const BackupPermit&) = delete;
  BackupPermit& operator=(const BackupPermit&) = delete;

  /// False: another backup is in progress.
  explicit operator bool() const { return holds_; }

private:
  const bool holds_;
};

Response busy_with_backup();

/// Runs `nvrhub backup --json` on the data directory in a process of its own: verifying the copy takes as much memory
/// as the whole fleet, and reading a damaged page may crash the process that does it. `where`: --to or --within.
void back_up(Context& context, Executor executor, std::vector<std::string> where,
             std::function<void(ProcessResult)> done);

/// The answer when that has failed.
Response backup_failed(ProcessResult result);

} // namespace nvrhub::api
