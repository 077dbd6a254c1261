#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include "net/reactor/timer_queue.hpp"

namespace nvrhub::net {

/// Up to `per_second` on average, and up to `seconds` seconds' worth at once.
struct Rate {
  double per_second = 0; // 0: no limit
  double seconds = 10;
};

/// What one source has used of a rate. It starts full and refills at the rate.
class TokenBucket {
public:
  /// False: the bucket is empty.
  bool take(const Rate& rate, MonoTime now);
  bool is_full(const Rate& rate, MonoTime now) const;

private:
  double used_ = 0;
  MonoTime last_{};
};

/// A token bucket per client address. An IPv6 client is identified by its /64, because it controls all of it.
class AddressRates {
public:
  /// False: too many connections come from this address. Any thread.
  bool take(const boost::asio::ip::address& address, const Rate& rate, MonoTime now);

  /// Addresses that it keeps. Not while another thread calls take().
  std::size_t size() const { return by_address_.size(); }

private:
  using Key = std::array<unsigned char, 9>;
  static Key key_of(const boost::asio::ip::address& address);
  void drop_full(const Rate& rate, MonoTime now);

  std::mutex mutex_;
  std::map<Key, TokenBucket> by_address_;
  std::size_t cleanup_size_ = 4096; // at this size the full buckets are dropped
};

/// Addresses and networks of --trust-proxy, such as "10.0.0.1" or "10.0.0.0/8".
class Networks {
public:
  /// False: `text` is neither an address nor a network.
  bool add(const std::string& text);
  bool contains(const boost::asio::ip::address& address) const;
  bool empty() const { return networks_.empty(); }

private:
  std::vector<boost::asio::ip::network_v6> networks_; // an IPv4 network as the IPv6 network that it maps to
};

/// ::ffff:10.0.0.1 as 10.0.0.1; any other address unchanged.
boost::asio::ip::address unmap_v4(const boost::asio::ip::address& address);

} // namespace nvrhub::net
