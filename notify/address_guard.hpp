#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <sys/socket.h>

namespace nvrhub::notify {

/// Why a channel without allow-private must not connect to this address, for "it is ..."; nothing: it may. Only
/// addresses of the public internet pass: whoever can write a URL or a DNS record must not reach what only this machine
/// or its network reaches, such as the credentials of a cloud's metadata service. It is asked with the address that a
/// connection is made to, after the name was resolved, so a name that changes its address gets around nothing.
/// IPv6 forms that contain an IPv4 address are judged by that one, too.
std::optional<std::string_view> private_address(const sockaddr& address);

/// The address as text.
std::string to_string(const sockaddr& address);

} // namespace nvrhub::notify
