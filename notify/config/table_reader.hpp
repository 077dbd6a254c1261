#pragma once

// Private to notify/config/.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "notify/secret.hpp"

namespace nvrhub::notify {

/// Reads the fields of one TOML table. Keeps the first error; later reads are harmless. An absent optional field is
/// empty.
class TableReader {
public:
  /// `title`: the table for errors, such as `[[channel]] "ops"`.
  TableReader(const toml::table& table, std::string title) : table_(table), title_(std::move(title)) {}

  void set_title(std::string title) { title_ = std::move(title); }

  bool has(std::string_view key);
  std::string text(std::string_view key);
  std::string required_text(std::string_view key, std::string_view expected);
  std::vector<std::string> texts(std::string_view key); // a string or an array of strings
  bool flag(std::string_view key);
  /// The index of the text in `choices`; `otherwise` if it is absent.
  std::size_t choice(std::string_view key, std::initializer_list<std::string_view> choices, std::size_t otherwise);
  /// The content of the file `<key>-file` or of the environment variable `<key>-env`, without spaces at both ends: one
  /// line of printable ASCII. The text itself under `key` is an error.
  Secret secret(std::string_view key);
  /// The same, and the text may also stand under `key`.
  Secret text_or_secret(std::string_view key);
  /// The content of the file that `key` names.
  std::optional<std::string> file(std::string_view key, std::size_t max_bytes);

  /// "<key>: expected <expected>", with the line of the key or, if it is absent, of the table.
  void expect(std::string_view key, std::string_view expected) { refuse(key, "expected " + std::string(expected)); }
  void refuse(std::string_view key, const std::string& why);
  /// Refuses what was not read.
  void refuse_other_keys();

  const std::string& error() const { return error_; }

private:
  const toml::node* get(std::string_view key);
  Secret indirect(const std::string& key);

  const toml::table& table_;
  std::string title_;
  std::vector<std::string> known_;
  std::string error_;
};

/// "line 12: "
std::string line_prefix(const toml::source_region& source);

} // namespace nvrhub::notify
