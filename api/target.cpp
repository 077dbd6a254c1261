#include "api/target.hpp"

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

std::optional<Target> parse_target(std::string_view text) {
  const auto url = boost::urls::parse_origin_form({text.data(), text.size()});
  if (!url) return std::nullopt;
  Target target;
  for (const auto& segment : url->segments())
    target.segments.emplace_back(segment);
  if (!target.segments.empty() && target.segments.back().empty()) target.segments.pop_back(); // a trailing slash
  for (const std::string& segment : target.segments) {
    if (!fleet::is_utf8(segment)) return std::nullopt;
  }
  for (const auto& param : url->params()) {
    if (!fleet::is_utf8(param.key) || !fleet::is_utf8(param.value)) return std::nullopt;
    target.params[param.key] = param.value;
  }
  return target;
}

} // namespace nvrhub::api
