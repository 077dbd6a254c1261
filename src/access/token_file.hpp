#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "access/token.hpp"

namespace nvrhub::access {

/// DIR/tokens.json: hashes of the tokens of a data directory, mode 0600, replaced as a whole. Errors are messages for a
/// person that name the file.
class TokenFile {
public:
  explicit TokenFile(const std::filesystem::path& directory)
      : directory_(directory), path_(directory / "tokens.json") {}

  /// Nothing: no token was ever made here.
  tl::expected<std::optional<std::vector<Token>>, std::string> read() const;

  /// Tells one content from the next without reading it: it changes with every change(). 0: there is no file.
  std::uint64_t version() const;

  /// Reads, lets `edit` change the list, and writes it durably, while no other process does the same. Makes the
  /// directory if it is missing; the file gets the directory's owner, so that a server can read what root made.
  tl::expected<void, std::string>
  change(const std::function<tl::expected<void, std::string>(std::vector<Token>&)>& edit) const;

private:
  tl::expected<void, std::string> write(const std::vector<Token>& tokens, int directory_fd) const;
  std::string failed(const char* what) const;
  std::string damaged(const char* what) const;

  std::filesystem::path directory_;
  std::filesystem::path path_;
};

} // namespace nvrhub::access
