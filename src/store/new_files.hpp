#pragma once

#include <filesystem>

#include "store/error.hpp"

namespace nvrhub::store {

/// Without this, a power cut may take a new file's name with it.
Result<void> sync_directory(const std::filesystem::path& path);

/// Makes it, with mode 0750. False: it was there.
Result<bool> make_directory(const std::filesystem::path& path);

/// Copies a file byte for byte, with its mode, durably. `to` must not be there.
Result<void> copy_durably(const std::filesystem::path& from, const std::filesystem::path& to);

/// Renames durably, over what is at `to`.
Result<void> rename_durably(const std::filesystem::path& from, const std::filesystem::path& to);

/// A directory (mode 0750) in which something is made that shall appear whole or not at all. Gone with this object,
/// unless it was published. One that a process left behind when it died is emptied and used again.
class Workplace {
public:
  /// Errc::locked if another process works there.
  static Result<Workplace> make(const std::filesystem::path& path);
  ~Workplace();
  Workplace(Workplace&& other) noexcept;
  Workplace& operator=(Workplace&&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Renames it, durably, to `to`, which is not there or an empty directory. Errc::taken if it holds something by now.
  Result<void> publish(const std::filesystem::path& to);

private:
  Workplace(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::filesystem::path path_;
  int lock_; // -1: moved from, or published
};

} // namespace nvrhub::store
