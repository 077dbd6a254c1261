#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace nvrhub::notify {

/// The parts of a URL, as libcurl reads them: what is checked here is what is connected to.
struct Url {
  std::string scheme; // lower case
  std::string host;   // an IPv6 address without brackets
  std::string port;   // empty: the default of the scheme
  std::string path;   // begins with '/'
  std::string query;
  bool has_user = false; // a user name or password
  bool has_fragment = false;
};

/// Nothing: no absolute URL with one of these schemes and a host.
std::optional<Url> parse_url(const std::string& text, std::initializer_list<std::string_view> schemes);

/// "https://hooks.example:8443": what may be shown of a URL whose path or query may hold a secret.
std::string origin_of(const std::string& url);

} // namespace nvrhub::notify
