#include "notify/url.hpp"

#include <algorithm>
#include <memory>

#include <curl/curl.h>

namespace nvrhub::notify {

namespace {

using Handle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::optional<std::string> part(const Handle& handle, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(handle.get(), which, &text, 0) != CURLUE_OK) return std::nullopt;
  const std::unique_ptr<char, decltype(&curl_free)> owner(text, curl_free);
  return std::string(text);
}

std::optional<Url> parse(const std::string& text) {
  const Handle handle(curl_url(), curl_url_cleanup);
  if (!handle || text.find('\0') != std::string::npos) return std::nullopt;
  if (curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return std::nullopt;
  Url url;
  url.scheme = part(handle, CURLUPART_SCHEME).value_or("");
  url.host = part(handle, CURLUPART_HOST).value_or("");
  if (url.host.size() > 2 && url.host.front() == '[') url.host = url.host.substr(1, url.host.size() - 2);
  url.port = part(handle, CURLUPART_PORT).value_or("");
  url.path = part(handle, CURLUPART_PATH).value_or("/");
  url.query = part(handle, CURLUPART_QUERY).value_or("");
  url.has_user = part(handle, CURLUPART_USER).has_value() || part(handle, CURLUPART_PASSWORD).has_value();
  url.has_fragment = part(handle, CURLUPART_FRAGMENT).has_value();
  return url;
}

} // namespace

std::optional<Url> parse_url(const std::string& text, std::initializer_list<std::string_view> schemes) {
  auto url = parse(text);
  if (!url || url->host.empty()) return std::nullopt;
  if (std::find(schemes.begin(), schemes.end(), url->scheme) == schemes.end()) return std::nullopt;
  return url;
}

std::string origin_of(const std::string& url) {
  const auto parsed = parse(url);
  if (!parsed) return "?";
  const bool is_v6 = parsed->host.find(':') != std::string::npos;
  return parsed->scheme + "://" + (is_v6 ? "[" + parsed->host + "]" : parsed->host) +
         (parsed->port.empty() ? "" : ":" + parsed->port);
}

} // namespace nvrhub::notify
