#include "net/http/origin_policy.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/verb.hpp>

#include "api/router.hpp"
#include "net/http/host_and_port.hpp"
#include "net/http/request_head.hpp"

namespace nvrhub::net {

namespace {

namespace http = boost::beast::http;

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
  });
  return result;
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// RFC 6454, 6.2. Also those of programs with an embedded browser, such as capacitor://localhost.
bool is_scheme(std::string_view text) {
  return !text.empty() && is_alphanumeric(text.front()) && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alphanumeric(c) || c == '+' || c == '-' || c == '.';
  });
}

/// Absent, or a number that a server can listen on.
bool has_valid_port(std::string_view host_and_port) {
  const std::size_t colon = host_and_port.rfind(':');
  if (colon == std::string_view::npos || host_and_port.find(']', colon) != std::string_view::npos) return true;
  const std::string_view digits = host_and_port.substr(colon + 1);
  std::uint16_t port = 0;
  return digits.empty() ||
         (std::from_chars(digits.data(), digits.data() + digits.size(), port).ec == std::errc{} && port != 0);
}

/// "host:port" of a Host header or an origin, in lower case and without the scheme's default port.
std::string authority(std::string_view text, bool is_tls) {
  const std::string_view default_port = is_tls ? ":443" : ":80";
  if (text.ends_with(default_port)) text.remove_suffix(default_port.size());
  return lower(text);
}

/// Whether an origin ("https://host:port") is the server's own, by the Host that the request names.
bool is_own(std::string_view origin, std::string_view host) {
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return false;      // "null": a sandboxed frame or a file
  const bool is_tls = origin.substr(0, scheme) == "https"; // also if a proxy terminates TLS
  return authority(origin.substr(scheme + 3), is_tls) == authority(host, is_tls);
}

/// Whether no foreign DNS server can resolve this host: an IP address or localhost.
bool is_local_name(std::string_view host) {
  std::string_view name = host;
  if (name.starts_with('[')) {
    name = name.substr(1, name.find(']') - 1);
  } else {
    name = name.substr(0, name.rfind(':'));
  }
  boost::system::error_code not_an_address;
  boost::asio::ip::make_address(std::string(name), not_an_address);
  return !not_an_address || lower(name) == "localhost";
}

/// All browsers send Mozilla as user agent. Other clients may name the server as they like.
bool is_from_browser(const HttpRequest& request) {
  return !header(request, http::field::origin).empty() ||
         header(request, http::field::user_agent).find("Mozilla/") != std::string::npos;
}

bool names(const OriginOptions& options, const std::string& origin) {
  return std::find(options.allowed.begin(), options.allowed.end(), origin) != options.allowed.end();
}

} // namespace

bool stands_for_many(std::string_view origin) {
  return origin == "null" || origin == "file://";
}

std::optional<std::string> normalized_origin(std::string_view text) {
  std::string origin = lower(text);
  if (stands_for_many(origin)) return origin;
  const std::size_t scheme_end = origin.find("://");
  if (scheme_end == std::string::npos) return std::nullopt;
  const std::string_view scheme = std::string_view(origin).substr(0, scheme_end);
  const std::string_view host = std::string_view(origin).substr(scheme_end + 3);
  if (!is_scheme(scheme) || !is_host_and_port(host) || !has_valid_port(host)) return std::nullopt;
  const std::string_view default_port = scheme == "https" ? ":443" : scheme == "http" ? ":80" : "";
  if (default_port.empty() || !host.ends_with(default_port)) return origin;
  return origin.substr(0, origin.size() - default_port.size());
}

std::optional<std::string> allowed_origin(const HttpRequest& request, const OriginOptions& options, bool is_anonymous) {
  std::string origin = header(request, http::field::origin);
  const auto normalized = normalized_origin(origin);
  if (!normalized || !names(options, *normalized)) return std::nullopt;
  if (stands_for_many(*normalized) && is_anonymous) return std::nullopt;
  return origin;
}

std::string origin_refusal(const std::string& origin, bool is_anonymous) {
  const auto normalized = normalized_origin(origin);
  if (!normalized) {
    return "pages of origin " + origin + " may not use this server: it is no origin that --allow-origin could name";
  }
  const std::string flag = "start it with --allow-origin " + *normalized;
  if (!stands_for_many(*normalized))
    return "pages of origin " + origin + " may not use this server; to allow them, " + flag;
  return "pages of origin " + origin + " may not use this server; to allow them, " + flag +
         (is_anonymous ? " and add a token (nvrhub token add): the origin stands for every local file and sandboxed "
                         "frame, which may not have anonymous access"
                       : "; the origin stands for every local file and sandboxed frame");
}

std::optional<std::string> check_origin_and_host(const HttpRequest& request, const OriginOptions& options,
                                                 bool is_anonymous, bool is_tls) {
  const std::string origin = header(request, http::field::origin);
  const std::string host = header(request, http::field::host);
  const auto needs_own_origin = [&request] {
    return api::changes_something({request.method_string().data(), request.method_string().size()}) ||
           is_websocket_upgrade(request);
  };
  if (!origin.empty() && needs_own_origin() && !is_own(origin, host) &&
      !allowed_origin(request, options, is_anonymous)) {
    return origin_refusal(origin, is_anonymous);
  }
  if (options.check_host && is_anonymous && is_from_browser(request) && !is_local_name(host)) {
    const std::string own = (is_tls ? "https://" : "http://") + lower(host);
    if (!names(options, normalized_origin(own).value_or(own))) {
      return "while no token is required, browsers must name this server as localhost or by its IP address, not as " +
             host + "; to allow the name, add a token (nvrhub token add) or start the server with --allow-origin " +
             own + " or --allow-anonymous";
    }
  }
  return std::nullopt;
}

} // namespace nvrhub::net
