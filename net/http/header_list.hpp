#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "api/header_list.hpp"
#include "net/http/http_request.hpp"

namespace nvrhub::net {

/// The value of a header over all its lines, joined by commas as RFC 9110, 5.3 permits; empty: it is absent. `name` is
/// a http::field or a text.
template <class Fields, class Name>
std::string joined_header(const Fields& fields, Name name) {
  std::string joined;
  const auto lines = fields.equal_range(name);
  for (auto line = lines.first; line != lines.second; ++line)
    joined.append(joined.empty() ? "" : ", ").append(line->value().data(), line->value().size());
  return joined;
}

/// The elements of a list in a header, over all its lines (api/header_list.hpp). Views of `fields`, which must outlive
/// them.
template <class Fields, class Name>
std::vector<std::string_view> header_list(const Fields& fields, Name name) {
  std::vector<std::string_view> elements;
  const auto lines = fields.equal_range(name);
  for (auto line = lines.first; line != lines.second; ++line) {
    const auto more = api::list_elements({line->value().data(), line->value().size()});
    elements.insert(elements.end(), more.begin(), more.end());
  }
  return elements;
}

/// Whether a list in a header has this token, in any case and on any of its lines.
template <class Fields, class Name>
bool header_has(const Fields& fields, Name name, std::string_view token) {
  const auto lines = fields.equal_range(name);
  return std::any_of(lines.first, lines.second, [token](const auto& line) {
    return api::has_token({line.value().data(), line.value().size()}, token);
  });
}

} // namespace nvrhub::net
