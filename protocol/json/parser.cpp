#include "protocol/json/parser.hpp"

#include <cstdint>
#include <new>

#include <nlohmann/json.hpp>

#include "protocol/json/numbers.hpp"
#include "protocol/json/surrogates.hpp"

namespace nvrhub::protocol::json {

namespace {

using Json = nlohmann::json;

thread_local bool lone_surrogates = false; // in this thread's last document

/// Finds where a text stops being JSON: simdjson does not report positions. Builds no values, so depth costs no stack.
class ErrorFinder : public nlohmann::json_sax<Json> {
public:
  std::size_t at = 0; // bytes read up to the error; 0: no error found

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string&, const Json::exception&) override {
    at = position;
    return false;
  }
};

std::string_view describe(simdjson::error_code error) {
  switch (error) {
  case simdjson::EMPTY:
    return "there is no text";
  case simdjson::DEPTH_ERROR:
    return "nested deeper than 1024 levels";
  case simdjson::STRING_ERROR:
    return "a bad escape in a string";
  case simdjson::UNESCAPED_CHARS:
    return "a control character in a string";
  case simdjson::UNCLOSED_STRING:
    return "a string that does not end";
  case simdjson::T_ATOM_ERROR:
  case simdjson::F_ATOM_ERROR:
  case simdjson::N_ATOM_ERROR:
    return "a word that is not true, false or null";
  case simdjson::NUMBER_ERROR:
    return "a malformed number";
  case simdjson::UTF8_ERROR:
    return "bytes that are not UTF-8";
  default:
    return "an unexpected character, or the end too early";
  }
}

std::string describe_failure(std::string_view text, simdjson::error_code error) {
  std::string message = "not JSON";
  if (text.starts_with("\xEF\xBB\xBF")) return message + ": a byte order mark before the text";
  if (error != simdjson::EMPTY && error != simdjson::DEPTH_ERROR) {
    ErrorFinder finder;
    Json::sax_parse(text.begin(), text.end(), &finder);
    if (finder.at > 0) message += " near byte " + std::to_string(finder.at);
  }
  return message.append(": ").append(describe(error));
}

} // namespace

tl::expected<Element, std::string> parse(std::string_view text) {
  static_assert(simdjson::DEFAULT_MAX_DEPTH == 1024, "describe() names it");
  thread_local simdjson::dom::parser parser;

  lone_surrogates = false;
  if (text.empty()) return tl::unexpected(describe_failure(text, simdjson::EMPTY)); // it may have no address
  Element root;
  auto error = parser.parse(text.data(), text.size()).get(root);
  if (error == simdjson::SUCCESS) return root;
  if (error == simdjson::MEMALLOC) throw std::bad_alloc(); // not caused by the sender
  if (error != simdjson::NUMBER_ERROR && error != simdjson::STRING_ERROR) {
    return tl::unexpected(describe_failure(text, error));
  }
  // What JSON permits and simdjson does not. It reports only the first of both.
  std::string replaced = narrow_numbers(text);
  lone_surrogates = replace_lone_surrogates(replaced);
  error = parser.parse(replaced).get(root);
  if (error == simdjson::SUCCESS) return root;
  return tl::unexpected(describe_failure(replaced, error));
}

bool has_lone_surrogate(std::string_view text) {
  return lone_surrogates && text.find('\0') != std::string_view::npos;
}

} // namespace nvrhub::protocol::json
