#pragma once

// Headers whose value is a comma-separated list (RFC 9110, 5.6.1): Accept, Accept-Encoding, Connection, Expect,
// If-None-Match, X-Forwarded-For and others. All are read by these functions.

#include <optional>
#include <string_view>
#include <vector>

namespace nvrhub::api {

/// Case-insensitive for ASCII letters, as all tokens of HTTP are compared.
bool is_same_token(std::string_view a, std::string_view b);

/// `text` without the whitespace (spaces, tabs) around it.
std::string_view trimmed(std::string_view text);

/// The elements of a list in their order, without the whitespace (spaces, tabs) around them and without empty elements.
/// A comma in a "quoted string" does not separate. Views of `value`, which must outlive them.
std::vector<std::string_view> list_elements(std::string_view value);
/// The same for what semicolons separate: "text/csv; q=0.5" is text/csv and q=0.5.
std::vector<std::string_view> parameters_of(std::string_view element);

/// Whether the list has this token.
bool has_token(std::string_view value, std::string_view token);

/// The weight that a list such as Accept-Encoding gives `token`, 0 to 1: its `q=`, 1 without one. Of several the last
/// counts. nullopt: the list does not name it. A weight that is no number counts as 0.
std::optional<double> weight_of(std::string_view value, std::string_view token);

} // namespace nvrhub::api
