#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "net/services.hpp"
#include "net/target.hpp"

namespace nvrhub::net {

using HttpRequest = boost::beast::http::request<boost::beast::http::string_body>;

/// Who is at the other end of a connection, as far as it has said so.
struct Peer {
  boost::asio::ip::address address;
  std::string token;                             // empty: none
  std::optional<std::vector<std::string>> names; // of the certificate that it showed
};

/// The token that a request carries (protocol.md, "Who may do what"): `Authorization: Bearer`, else `?token=`. Takes
/// the latter out of the target, so that nothing can repeat it.
std::string take_token(const HttpRequest& request, Target& target);

/// The client's address as proxies that we trust tell it: of X-Forwarded-For, read from its end, the first that is none
/// of theirs.
std::optional<boost::asio::ip::address> forwarded_for(const HttpRequest& request, const Networks& trusted);

/// Why a request that a browser sent for another site's page is refused; nothing: it is not.
std::optional<std::string> foreign(const HttpRequest& request, const Services& services, bool is_tls);

} // namespace nvrhub::net
