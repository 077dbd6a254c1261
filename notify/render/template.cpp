#include "notify/render/template.hpp"

#include <algorithm>

#include "notify/render/escape.hpp"

namespace nvrhub::notify {

tl::expected<Template, std::string> Template::parse(std::string_view text, std::span<const std::string_view> fields) {
  Template made;
  const auto refuse = [text](std::size_t at, const std::string& why) {
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    return tl::make_unexpected("line " + std::to_string(line) + ": " + why);
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t open = text.find("{{", at);
    if (open != at) made.parts_.push_back({false, std::string(text.substr(at, open - at))});
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find("}}", open);
    if (close == std::string_view::npos) return refuse(open, "{{ without }}");
    std::string_view name = text.substr(open + 2, close - open - 2);
    while (name.starts_with(' '))
      name.remove_prefix(1);
    while (name.ends_with(' '))
      name.remove_suffix(1);
    if (std::find(fields.begin(), fields.end(), name) == fields.end()) {
      std::string known;
      for (const std::string_view field : fields)
        known += (known.empty() ? "" : ", ") + std::string(field);
      return refuse(open, "unknown field {{" + single_line(name.substr(0, 64)) + "}}: the fields are " + known);
    }
    made.parts_.push_back({true, std::string(name)});
    at = close + 2;
  }
  return made;
}

std::string Template::render(const Values& values, Escape escape) const {
  std::string out;
  for (const Part& part : parts_) {
    if (!part.is_field) {
      out += part.text;
      continue;
    }
    const auto value = values.find(part.text);
    if (value == values.end()) continue;
    out += escape == Escape::json ? json_escaped(value->second) : value->second;
  }
  return out;
}

} // namespace nvrhub::notify
