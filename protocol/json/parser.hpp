#pragma once

// Private to protocol/: JSON text to values.

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <simdjson.h>
#include <tl/expected.hpp>

namespace nvrhub::protocol::json {

using Element = simdjson::dom::element;
using Object = simdjson::dom::object;
using Array = simdjson::dom::array;

/// Parses a whole document. ERRORS: a message with what is wrong and where. OWNERSHIP: the value and its strings belong
/// to this thread's parser, and are invalid after the thread's next parse().
tl::expected<Element, std::string> parse(std::string_view text);

/// Whether a string of this thread's last document had a lone surrogate (surrogates.hpp). Such a string is no valid
/// name, status or address; ask where other texts are accepted, or for a message. In a document with a lone surrogate
/// every string with U+0000 counts as one.
bool has_lone_surrogate(std::string_view text);

/// The value as a T, or nothing if it is of another type.
template <class T>
std::optional<T> as(const Element& element) {
  T value;
  if (element.get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

/// The fields called `names`, in that order. Of duplicate keys the last wins; null counts as absent.
template <std::size_t N>
std::array<std::optional<Element>, N> fields(const Object& object, const std::string_view (&names)[N]) {
  std::array<std::optional<Element>, N> found;
  for (const auto field : object) {
    for (std::size_t i = 0; i < N; ++i) {
      if (field.key != names[i]) continue;
      if (field.value.is_null()) {
        found[i].reset();
      } else {
        found[i] = field.value;
      }
      break;
    }
  }
  return found;
}

} // namespace nvrhub::protocol::json
