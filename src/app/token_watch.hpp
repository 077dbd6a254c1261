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

/// Follows the tokens of a data directory, which `nvrhub token` changes while the server runs. One thread.
class TokenWatch {
public:
  /// `told`: ids of the tokens that the log has told of.
  TokenWatch(const std::filesystem::path& directory, std::vector<std::string> told)
      : file_(directory), told_(std::move(told)) {}

  /// Gives the guard what the file says, if that has changed; returns whether it had. While it can't be read, or is
  /// gone, what held before goes on, and each call tries again; the error is told once.
  tl::expected<bool, std::string> refresh(access::Guard& guard);

  /// What the log has still to be told: one event `admin` for each token that came or went. Told once.
  std::optional<store::Write> take_news(fleet::WallMillis now);

private:
  access::TokenFile file_;
  std::uint64_t version_ = 0;                 // of the file that was read last
  std::optional<std::uint64_t> told_version_; // of the one that can't be read, once that was told; 0: it is gone
  std::vector<access::Token> tokens_;
  std::vector<std::string> told_;
};

} // namespace nvrhub::app
