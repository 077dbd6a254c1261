#include "net/http/origin_policy.hpp"

#include <algorithm>
#include <string_view>

#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

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

bool may_change_something(http::verb method) {
  return method != http::verb::get && method != http::verb::head && method != http::verb::options;
}

} // namespace

std::optional<std::string> check_origin_and_host(const HttpRequest& request, const OriginOptions& options,
                                                 bool is_anonymous, bool is_tls) {
  const auto is_allowed = [&options](const std::string& origin) {
    return std::find(options.allowed.begin(), options.allowed.end(), origin) != options.allowed.end();
  };
  const std::string origin = header(request, http::field::origin);
  const std::string host = header(request, http::field::host);
  const bool needs_own_origin = may_change_something(request.method()) || boost::beast::websocket::is_upgrade(request);
  if (!origin.empty() && needs_own_origin && !is_allowed(lower(origin)) && !is_own(origin, host)) {
    return "pages of origin " + origin + " may not use this server; to allow them, start it with --allow-origin " +
           origin;
  }
  if (options.check_host && is_anonymous && is_from_browser(request) && !is_local_name(host)) {
    const std::string own = (is_tls ? "https://" : "http://") + lower(host);
    if (!is_allowed(own)) {
      return "while no token is required, browsers must name this server as localhost or by its IP address, not as " +
             host + "; to allow the name, add a token (nvrhub token add) or start the server with --allow-origin " +
             own + " or --allow-anonymous";
    }
  }
  return std::nullopt;
}

} // namespace nvrhub::net
