#pragma once

#include <filesystem>
#include <string_view>

#include "store/error.hpp"

namespace nvrhub::store {

// Durable file operations.

/// Makes created and renamed names in a directory durable.
Result<void> sync_directory(const std::filesystem::path& path);

/// Creates a directory with mode 0750. False: it exists.
Result<bool> make_directory(const std::filesystem::path& path);

/// Copies the content and mode of a file durably. REQUIRES: `to` does not exist.
Result<void> copy_durably(const std::filesystem::path& from, const std::filesystem::path& to);

/// Replaces a file by one with this content, durably and completely or not at all.
Result<void> write_durably(const std::filesystem::path& to, std::string_view content);

/// Renames durably; replaces `to`.
Result<void> rename_durably(const std::filesystem::path& from, const std::filesystem::path& to);

/// A directory (mode 0750) for files that must appear completely or not at all. The destructor removes it unless it was
/// published. A directory left by a process that was killed is emptied and reused.
class StagingDirectory {
public:
  /// Errc::locked if another process uses it.
  static Result<StagingDirectory> make(const std::filesystem::path& path);
  ~StagingDirectory();
  StagingDirectory(StagingDirectory&& other) noexcept;
  StagingDirectory& operator=(StagingDirectory&&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Renames the directory durably to `to`. Errc::taken if `to` exists and is not an empty directory.
  Result<void> publish(const std::filesystem::path& to);

private:
  StagingDirectory(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::filesystem::path path_;
  int lock_; // -1: moved from, or published
};

} // namespace nvrhub::store
