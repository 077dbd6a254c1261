#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "net/deadlines.hpp"

namespace nvrhub::net {

/// So many a second, and `seconds` seconds' worth at once.
struct Rate {
  double per_second = 0; // 0: no limit
  double seconds = 10;
};

/// What one source has used of a rate.
class Allowance {
public:
  /// False: too many.
  bool take(const Rate& rate, MonoTime now);
  bool is_full(const Rate& rate, MonoTime now) const;

private:
  double used_ = 0;
  MonoTime last_{};
};

/// The allowances of client addresses. An IPv6 client is its /64: it has the whole of it.
class AddressRates {
public:
  /// Any thread. False: connections come from there too fast.
  bool take(const boost::asio::ip::address& address, const Rate& rate, MonoTime now);

  /// How many addresses it knows. Not while another thread calls take().
  std::size_t size() const { return by_address_.size(); }

private:
  using Key = std::array<unsigned char, 9>;
  static Key key_of(const boost::asio::ip::address& address);
  void forget_idle(const Rate& rate, MonoTime now);

  std::mutex mutex_;
  std::map<Key, Allowance> by_address_;
  std::size_t look_at_ = 4096; // size at which those are forgotten that have used nothing for long
};

/// Addresses in --trust-proxy: "10.0.0.1" or "10.0.0.0/8".
class Networks {
public:
  /// False: it is no address and no network.
  bool add(const std::string& text);
  bool contains(const boost::asio::ip::address& address) const;
  bool empty() const { return networks_.empty(); }

private:
  struct Network {
    std::array<unsigned char, 16> prefix{};
    unsigned bits = 0;
  };
  std::vector<Network> networks_;
};

/// ::ffff:10.0.0.1 is 10.0.0.1.
boost::asio::ip::address plain(const boost::asio::ip::address& address);

} // namespace nvrhub::net
