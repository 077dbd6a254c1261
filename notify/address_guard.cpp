#include "notify/address_guard.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace nvrhub::notify {

namespace {

constexpr std::size_t max_bytes = 16;

struct Network {
  std::array<std::uint8_t, max_bytes> prefix;
  unsigned bits;
  std::string_view what;
};

constexpr std::string_view metadata = "the address of a cloud's metadata service";
constexpr std::string_view loopback = "a loopback address";
constexpr std::string_view link_local = "a link-local address";
constexpr std::string_view private_network = "an address of a private network";
constexpr std::string_view unspecified = "the unspecified address";
constexpr std::string_view multicast = "a multicast address";
constexpr std::string_view reserved = "a reserved address";

// The first that matches names it. IANA's special-purpose registries (RFC 6890) and the addresses of metadata services
// that are outside of them or deserve their name.
constexpr std::array networks_v4{
    Network{{169, 254, 169, 254}, 32, metadata}, // AWS, Azure, Google, Oracle and others
    Network{{169, 254, 170, 2}, 32, metadata},   // AWS containers
    Network{{100, 100, 100, 200}, 32, metadata}, // Alibaba
    Network{{192, 0, 0, 192}, 32, metadata},     // Oracle
    Network{{168, 63, 129, 16}, 32, metadata},   // Azure: a public address, but only of its own hosts
    Network{{0}, 8, unspecified},
    Network{{10}, 8, private_network},
    Network{{100, 64}, 10, "an address behind a carrier's NAT"},
    Network{{127}, 8, loopback},
    Network{{169, 254}, 16, link_local},
    Network{{172, 16}, 12, private_network},
    Network{{192, 0, 0}, 24, reserved},
    Network{{192, 0, 2}, 24, reserved},
    Network{{192, 88, 99}, 24, reserved},
    Network{{192, 168}, 16, private_network},
    Network{{198, 18}, 15, reserved},
    Network{{198, 51, 100}, 24, reserved},
    Network{{203, 0, 113}, 24, reserved},
    Network{{224}, 4, multicast},
    Network{{240}, 4, reserved}, // broadcast included
};

constexpr std::array networks_v6{
    Network{{0xFD, 0x00, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}, 128, metadata}, // AWS
    Network{{0}, 128, unspecified},
    Network{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, loopback},
    Network{{0xFE, 0x80}, 10, link_local},
    Network{{0xFE, 0xC0}, 10, private_network}, // site-local
    Network{{0xFC}, 7, private_network},
    Network{{0xFF}, 8, multicast},
    Network{{0x00, 0x64, 0xFF, 0x9B, 0x00, 0x01}, 48, private_network}, // NAT64 of this network
    Network{{0x01, 0x00}, 8, reserved},
    Network{{0x20, 0x01, 0x0D, 0xB8}, 32, reserved},
};

// IPv6 networks whose addresses contain one of IPv4, and at which byte.
struct Embedding {
  Network network;
  std::size_t at;
};
constexpr std::array embeddings{
    Embedding{{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96, {}}, 12}, // mapped
    Embedding{{{0}, 96, {}}, 12},                                        // compatible
    Embedding{{{0x00, 0x64, 0xFF, 0x9B}, 96, {}}, 12},                   // NAT64
    Embedding{{{0x20, 0x02}, 16, {}}, 2},                                // 6to4
};

using Bytes = std::span<const std::uint8_t>;

bool contains(const Network& network, Bytes address) {
  const std::size_t whole = network.bits / 8;
  if (!std::equal(network.prefix.begin(), network.prefix.begin() + static_cast<std::ptrdiff_t>(whole), address.begin()))
    return false;
  const unsigned rest = network.bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xFF << (8 - rest));
  return (network.prefix[whole] & mask) == (address[whole] & mask);
}

std::optional<std::string_view> find(std::span<const Network> networks, Bytes address) {
  const auto found = std::find_if(networks.begin(), networks.end(),
                                  [&](const Network& network) { return contains(network, address); });
  if (found == networks.end()) return std::nullopt;
  return found->what;
}

std::optional<std::string_view> check_v6(Bytes address) {
  if (const auto what = find(networks_v6, address)) return what;
  for (const Embedding& embedding : embeddings) {
    if (contains(embedding.network, address)) return find(networks_v4, address.subspan(embedding.at, 4));
  }
  // Global unicast; everything else is not assigned.
  return (address[0] & 0xE0) == 0x20 ? std::nullopt : std::optional(reserved);
}

Bytes bytes_of(const void* data, std::size_t size) {
  return {static_cast<const std::uint8_t*>(data), size};
}

} // namespace

std::optional<std::string_view> private_address(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return find(networks_v4, bytes_of(&v4.sin_addr, 4));
  }
  if (address.sa_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    return check_v6(bytes_of(&v6.sin6_addr, max_bytes));
  }
  return "no internet address";
}

std::string to_string(const sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.sa_family == AF_INET)
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text.data(), text.size());
  else if (address.sa_family == AF_INET6)
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text.data(), text.size());
  return text.data();
}

} // namespace nvrhub::notify
