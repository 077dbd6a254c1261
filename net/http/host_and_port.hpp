#pragma once

#include <string_view>

namespace nvrhub::net {

/// Whether this is a host with or without a port, as it stands in a URL, in a Host header and in an origin: a name in
/// ASCII, an IPv4 address, or an IPv6 address in brackets; no user.
bool is_host_and_port(std::string_view text);

} // namespace nvrhub::net
