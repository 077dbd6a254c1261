#include "notify/config/table_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "notify/render/escape.hpp"

namespace nvrhub::notify {

namespace {

constexpr std::size_t max_secret = 4096;

std::string trimmed(const std::string& text) {
  constexpr const char* spaces = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(spaces);
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(spaces) + 1 - begin);
}

bool is_printable(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < '\x7F'; });
}

/// Null: it is read, and `content` has it. Else why not.
const char* read_file(const std::string& name, std::size_t max_bytes, std::string& content) {
  errno = 0;
  std::ifstream in(name, std::ios::binary);
  if (!in) return errno != 0 ? std::strerror(errno) : "cannot be opened";
  content.resize(max_bytes + 1);
  in.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (in.bad() || (in.gcount() == 0 && !in.eof())) return errno != 0 ? std::strerror(errno) : "cannot be read";
  content.resize(static_cast<std::size_t>(in.gcount()));
  return content.size() > max_bytes ? "it is too large" : nullptr;
}

} // namespace

std::string line_prefix(const toml::source_region& source) {
  return "line " + std::to_string(source.begin.line) + ": ";
}

const toml::node* TableReader::get(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  return table_.get(key);
}

bool TableReader::has(std::string_view key) {
  return get(key) != nullptr;
}

void TableReader::refuse(std::string_view key, const std::string& why) {
  if (!error_.empty()) return;
  const toml::node* const node = table_.get(key);
  error_ =
      line_prefix(node != nullptr ? node->source() : table_.source()) + title_ + ": " + std::string(key) + ": " + why;
}

std::string TableReader::text(std::string_view key) {
  const toml::node* const node = get(key);
  if (node == nullptr) return "";
  const auto value = node->value_exact<std::string>();
  if (!value) expect(key, "a string in quotes");
  if (value == "") expect(key, "a string that is not empty");
  return value.value_or("");
}

std::string TableReader::required_text(std::string_view key, std::string_view expected) {
  if (!has(key)) expect(key, expected);
  return text(key);
}

std::vector<std::string> TableReader::texts(std::string_view key) {
  const toml::node* const node = get(key);
  if (node == nullptr) return {};
  const toml::array* const array = node->as_array();
  if (array == nullptr) return {text(key)};
  std::vector<std::string> values;
  for (const toml::node& entry : *array) {
    const auto value = entry.value_exact<std::string>();
    if (!value || value->empty()) expect(key, "an array of strings that are not empty");
    values.push_back(value.value_or(""));
  }
  if (values.empty()) expect(key, "at least one entry");
  return values;
}

bool TableReader::flag(std::string_view key) {
  const toml::node* const node = get(key);
  if (node == nullptr) return false;
  const auto value = node->value_exact<bool>();
  if (!value) expect(key, "true or false");
  return value.value_or(false);
}

std::size_t TableReader::choice(std::string_view key, std::initializer_list<std::string_view> choices,
                                std::size_t otherwise) {
  if (!has(key)) return otherwise;
  const toml::node& node = *table_.get(key);
  const auto* const found = std::find(choices.begin(), choices.end(), node.value_exact<std::string>().value_or(""));
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  std::string list;
  for (const std::string_view word : choices)
    list += (list.empty() ? "\"" : word == *(choices.end() - 1) ? " or \"" : ", \"") + std::string(word) + "\"";
  expect(key, list);
  return otherwise;
}

Secret TableReader::secret(std::string_view key) {
  const std::string name(key);
  if (table_.get(key) != nullptr)
    refuse(key, "a secret does not belong into this file: use " + name + "-file or " + name + "-env");
  return indirect(name);
}

Secret TableReader::text_or_secret(std::string_view key) {
  const std::string name(key);
  if (!has(key)) return indirect(name);
  if (has(name + "-file") || has(name + "-env"))
    refuse(key, "expected only one of " + name + ", " + name + "-file and " + name + "-env");
  return Secret(text(key));
}

Secret TableReader::indirect(const std::string& key) {
  const std::string from_file = key + "-file", from_env = key + "-env";
  const bool has_file = has(from_file), has_env = has(from_env);
  if (!has_file && !has_env) return {};
  if (has_file && has_env) refuse(from_env, "expected only one of " + from_file + " and " + from_env);
  const std::string& source = has_file ? from_file : from_env;
  const std::string place = text(source), shown = single_line(place);
  if (place.empty()) return {};
  std::string value;
  if (has_file) {
    if (const char* const why = read_file(place, max_secret, value)) refuse(source, shown + ": " + why);
  } else if (const char* const variable = std::getenv(place.c_str())) {
    value = variable;
  } else {
    refuse(source, "the environment has no variable " + shown);
  }
  value = trimmed(value);
  if (value.empty()) refuse(source, shown + " is empty");
  if (!is_printable(value)) refuse(source, shown + ": expected one line of printable ASCII");
  return Secret(value);
}

std::optional<std::string> TableReader::file(std::string_view key, std::size_t max_bytes) {
  const std::string name = text(key);
  if (name.empty()) return std::nullopt;
  std::string content;
  if (const char* const why = read_file(name, max_bytes, content)) {
    refuse(key, name + ": " + why);
    return std::nullopt;
  }
  return content;
}

void TableReader::refuse_other_keys() {
  for (const auto& [key, node] : table_) {
    if (std::find(known_.begin(), known_.end(), key.str()) != known_.end()) continue;
    std::string list;
    for (const std::string& known : known_)
      list += (list.empty() ? "" : ", ") + known;
    refuse(key.str(), "unknown key; expected one of " + list + ". Keys of the server stand before the first table");
  }
}

} // namespace nvrhub::notify
