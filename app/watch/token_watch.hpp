#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "access/guard.hpp"
#include "access/token_file.hpp"
#include "store/store.hpp"

namespace nvrhub::app {

/// Reloads the tokens of a data directory when `nvrhub token` changes them while the server runs.
/// THREADS: one thread.
class TokenWatch {
public:
  /// `logged`: ids of the tokens whose creation is already an event of the history.
  TokenWatch(const std::filesystem::path& directory, std::vector<std::string> logged)
      : file_(directory), logged_(std::move(logged)) {}

  /// Loads the file into `guard` if it has changed; returns whether it had. If it cannot be read or is missing, the
  /// previous tokens stay valid and each call tries again; the error is returned once.
  tl::expected<bool, std::string> refresh(access::Guard& guard);

  /// The write that adds one event `admin` for each token made or revoked since the last call; nullopt: none.
  std::optional<store::Write> take_changes(fleet::WallMillis now);

private:
  access::TokenFile file_;
  std::uint64_t version_ = 0;                   // of the file read last
  std::optional<std::uint64_t> failed_version_; // of the unreadable file whose error was returned; 0: missing
  std::vector<access::Token> tokens_;
  std::vector<std::string> logged_;
};

} // namespace nvrhub::app
