#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace nvrhub::notify {

/// How values are written into a template.
enum class Escape : std::uint8_t {
  none,
  json, // as the inside of a JSON string
};

/// A text with {{field}} placeholders. There are no conditions, loops or escapes.
class Template {
public:
  using Values = std::map<std::string, std::string, std::less<>>;

  Template() = default;
  /// ERRORS: an unknown field or a placeholder without end, with its line.
  static tl::expected<Template, std::string> parse(std::string_view text, std::span<const std::string_view> fields);

  bool empty() const { return parts_.empty(); }
  /// REQUIRES: `values` has all fields that parse() was given.
  std::string render(const Values& values, Escape escape) const;

private:
  struct Part {
    bool is_field = false;
    std::string text; // or the name of the field
  };
  std::vector<Part> parts_;
};

} // namespace nvrhub::notify
