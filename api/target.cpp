#include "api/target.hpp"

#include <algorithm>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "fleet/names.hpp"

namespace nvrhub::api {

std::string Target::path() const {
  std::string path;
  for (const std::string& segment : segments)
    path += "/" + segment;
  return path.empty() ? "/" : path;
}

namespace {

/// Printable characters that RFC 3986 excludes from URLs. Browsers, by the URL standard of WHATWG, send some of them as
/// they are, curl all of them.
bool needs_encoding(char c) {
  return static_cast<unsigned char>(c) >= 0x80 || std::string_view(R"("<>[\]^`{|})").find(c) != std::string_view::npos;
}

std::string encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size() + 16);
  for (const char c : text) {
    if (!needs_encoding(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return out;
}

} // namespace

std::optional<Target> parse_target(std::string_view text) {
  std::string replaced;
  if (std::any_of(text.begin(), text.end(), needs_encoding)) text = replaced = encoded(text);
  const auto url = boost::urls::parse_origin_form({text.data(), text.size()});
  if (!url) return std::nullopt;
  Target target;
  for (const auto& segment : url->segments())
    target.segments.emplace_back(segment);
  target.has_empty_segment = std::any_of(target.segments.begin(), target.segments.end(),
                                         [](const std::string& segment) { return segment.empty(); });
  if (!target.segments.empty() && target.segments.back().empty()) target.segments.pop_back(); // a trailing slash
  for (const std::string& segment : target.segments) {
    if (!fleet::is_utf8(segment)) return std::nullopt;
  }
  for (const auto& param : url->params()) {
    if (!fleet::is_utf8(param.key) || !fleet::is_utf8(param.value)) return std::nullopt;
    const bool is_new = target.params.insert_or_assign(param.key, param.value).second;
    if (!is_new) target.repeated_param = param.key;
  }
  return target;
}

} // namespace nvrhub::api
