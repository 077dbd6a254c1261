#pragma once

// Private to protocol/: the texts of refusals that name a wrong field and what would be right.

#include <optional>
#include <string>
#include <string_view>

#include "fleet/names.hpp"
#include "fleet/status.hpp"
#include "protocol/json/parser.hpp"
#include "protocol/limits.hpp"

namespace nvrhub::protocol {

static_assert(fleet::max_name_bytes == 200 && fleet::max_address_bytes == 64 && fleet::Status::max_bytes == 32 &&
                  max_id_bytes == 64,
              "the texts below contain them");
inline constexpr std::string_view a_name = "a string of 1 to 200 bytes of UTF-8 without control characters";
inline constexpr std::string_view a_status = "a string of 1 to 32 bytes of UTF-8 without control characters";
inline constexpr std::string_view an_address =
    "a string of at most 64 bytes of UTF-8 without control characters, or null";
inline constexpr std::string_view an_id = "an integer of 64 bits or a string of at most 64 bytes";

/// "status is missing: expected a string ..."
inline std::string missing(std::string_view field, std::string_view expected) {
  return std::string(field).append(" is missing: expected ").append(expected);
}

inline std::string wrong(std::string_view field, std::string_view expected) {
  return std::string(field).append(" is wrong: expected ").append(expected);
}

/// The same, with the reason if `value` is a text with a lone surrogate, which `expected` does not explain.
inline std::string wrong(const json::Element& value, std::string_view field, std::string_view expected) {
  const auto text = json::as<std::string_view>(value);
  if (!text || !json::has_lone_surrogate(*text)) return wrong(field, expected);
  return std::string(field)
      .append(" is wrong: it has a lone surrogate, half of a character: expected ")
      .append(expected);
}

/// For a required field. null is missing.
inline std::string missing_or_wrong(const std::optional<json::Element>& value, std::string_view field,
                                    std::string_view expected) {
  return value ? wrong(*value, field, expected) : missing(field, expected);
}

/// For a hostname or the name of a camera that is not valid, or not addressable.
inline std::string missing_or_wrong_name(const std::optional<json::Element>& value, std::string_view field) {
  const auto text = value ? json::as<std::string_view>(*value) : std::nullopt;
  return missing_or_wrong(value, field, text && fleet::is_valid_name(*text) ? fleet::an_addressable_name : a_name);
}

} // namespace nvrhub::protocol
