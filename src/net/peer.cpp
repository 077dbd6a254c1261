#include "net/peer.hpp"

#include <algorithm>
#include <string_view>

#include <boost/beast/core/string.hpp>
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

std::string header(const HttpRequest& request, http::field name) {
  const auto value = request[name];
  return {value.data(), value.size()};
}

/// "host:port" of a Host header or behind the :// of an origin, in lower case, with the scheme's port left out.
std::string authority(std::string_view text, bool is_tls) {
  const std::string_view usual = is_tls ? ":443" : ":80";
  if (text.ends_with(usual)) text.remove_suffix(usual.size());
  return lower(text);
}

/// Whether a page of this origin ("https://host:port") is the server's own, as the request names it.
bool is_own(std::string_view origin, std::string_view host) {
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return false;      // "null": a sandboxed frame, a file
  const bool is_tls = origin.substr(0, scheme) == "https"; // also of a proxy that ends TLS
  return authority(origin.substr(scheme + 3), is_tls) == authority(host, is_tls);
}

/// Host names that no one else's name server can answer for.
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

/// Every browser calls itself Mozilla; other clients may name the server as they like.
bool is_browsers(const HttpRequest& request) {
  return !header(request, http::field::origin).empty() ||
         header(request, http::field::user_agent).find("Mozilla/") != std::string::npos;
}

bool may_change_something(http::verb method) {
  return method != http::verb::get && method != http::verb::head && method != http::verb::options;
}

} // namespace

std::string take_token(const HttpRequest& request, Target& target) {
  const auto in_target = target.params.extract("token");
  const std::string credentials = header(request, http::field::authorization);
  constexpr std::string_view scheme = "bearer ";
  if (lower(std::string_view(credentials).substr(0, scheme.size())) == scheme) {
    const std::size_t begin = credentials.find_first_not_of(' ', scheme.size());
    return begin == std::string::npos ? "" : credentials.substr(begin);
  }
  return in_target.empty() ? "" : in_target.mapped();
}

std::optional<boost::asio::ip::address> forwarded_for(const HttpRequest& request, const Networks& trusted) {
  std::string chain; // each proxy appends, to the line or as another line
  const auto lines = request.equal_range("X-Forwarded-For");
  for (auto line = lines.first; line != lines.second; ++line)
    chain.append(chain.empty() ? "" : ",").append(line->value().data(), line->value().size());
  std::optional<boost::asio::ip::address> farthest;
  for (std::size_t end = chain.size(); end > 0;) {
    const std::size_t comma = chain.rfind(',', end - 1);
    std::size_t begin = comma == std::string::npos ? 0 : comma + 1;
    const std::size_t next = comma == std::string::npos ? 0 : comma;
    while (begin < end && chain[begin] == ' ')
      ++begin;
    while (end > begin && chain[end - 1] == ' ')
      --end;
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(chain.substr(begin, end - begin), error);
    if (error) break;
    farthest = plain(address);
    if (!trusted.contains(*farthest)) break;
    end = next;
  }
  return farthest;
}

std::optional<std::string> foreign(const HttpRequest& request, const Services& services, bool is_tls) {
  const std::vector<std::string>& allowed = services.options.allow_origins;
  const std::string origin = header(request, http::field::origin);
  const std::string host = header(request, http::field::host);
  const bool named = std::find(allowed.begin(), allowed.end(), lower(origin)) != allowed.end();
  const bool matters = may_change_something(request.method()) || boost::beast::websocket::is_upgrade(request);
  if (!origin.empty() && matters && !named && !is_own(origin, host)) {
    return "pages of " + origin + " may not use this server; --allow-origin " + origin + " would let them";
  }
  // Who needs no token is known by being on this machine. A page elsewhere can give its own name this machine's
  // address, and would then be "its own" (DNS rebinding).
  if (services.options.guard_host && services.guard.is_open() && is_browsers(request) && !is_local_name(host)) {
    const std::string own = (is_tls ? "https://" : "http://") + lower(host);
    if (std::find(allowed.begin(), allowed.end(), own) == allowed.end()) {
      return "without tokens the server answers as localhost or by address alone, not as " + host +
             "; --allow-origin " + own + " would let it, so would a token (nvrhub token add) or --allow-anonymous";
    }
  }
  return std::nullopt;
}

} // namespace nvrhub::net
