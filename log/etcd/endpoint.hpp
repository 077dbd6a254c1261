#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "log/error.hpp"

namespace nvrhub::log::etcd {

/// The client address of one member.
struct Endpoint {
  std::string host; // a name, an IPv4 address, or an IPv6 address without brackets
  std::uint16_t port = 0;

  std::string to_string() const; // host:port, as in an URL
};

struct Cluster {
  std::vector<Endpoint> endpoints; // 1 to 16
  bool is_tls = false;
  std::string prefix; // of all keys, without slashes at its ends
};

/// Reads `http://e1:2379,http://e2:2379/fleet`: members, and after the last one the prefix of all keys. `https://`, for
/// all members or for none, means TLS.
Result<Cluster> parse_cluster(std::string_view text);

} // namespace nvrhub::log::etcd
