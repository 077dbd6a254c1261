#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "access/token.hpp"

namespace nvrhub::access {

/// A token as tokens.json has it: a JSON object.
std::string encode_token(const Token& token);
/// ERRORS: what is wrong with it.
tl::expected<Token, std::string> decode_token(std::string_view text);

/// DIR/tokens.json: hashes of the tokens of a data directory, mode 0600, always replaced as a whole.
/// ERRORS: messages for humans that name the file.
class TokenFile {
public:
  explicit TokenFile(const std::filesystem::path& directory)
      : directory_(directory), path_(directory / "tokens.json") {}

  /// Nothing: no token was ever created.
  tl::expected<std::optional<std::vector<Token>>, std::string> read() const;

  /// Identifies the content without reading it: it differs after every change(). 0: no file exists.
  std::uint64_t version() const;

  /// Reads the list, lets `edit` change it, and writes it durably. A lock excludes other processes. Creates the
  /// directory if it is missing. The file gets the directory's owner: the server must be able to read what root wrote.
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
