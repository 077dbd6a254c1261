#pragma once

// Values to JSON text, for protocol/ and for log lines.

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace nvrhub::protocol {

/// Appends JSON: keys in the order of the calls, commas added. Bytes that are not UTF-8 become U+FFFD, so the result is
/// always valid JSON. REQUIRES: begin_ and end_ calls match, and each key is followed by a value.
class Writer {
public:
  explicit Writer(std::size_t reserve = 0) { out_.reserve(reserve); }

  Writer& begin_object() { return open('{'); }
  Writer& end_object() { return close('}'); }
  Writer& begin_array() { return open('['); }
  Writer& end_array() { return close(']'); }

  /// `name` is not escaped: it must be a constant of this program.
  Writer& key(std::string_view name);

  Writer& value(std::string_view text);
  Writer& value(const char* text) { return value(std::string_view(text)); }
  Writer& value(bool truth) { return raw(truth ? "true" : "false"); }
  template <std::integral Integer>
  Writer& value(Integer number) {
    return raw(std::to_string(number));
  }
  Writer& null() { return raw("null"); }
  /// A value that already is JSON.
  Writer& raw(std::string_view json);

  template <class Value>
  Writer& field(std::string_view name, const Value& content) {
    return key(name).value(content);
  }
  /// The text, or null if it is empty.
  Writer& text_or_null(std::string_view name, std::string_view text);

  std::string take() { return std::move(out_); }

private:
  Writer& open(char bracket);
  Writer& close(char bracket);
  void separate();

  std::string out_;
};

} // namespace nvrhub::protocol
