#include "net/limits/token_bucket.hpp"

#include <algorithm>
#include <string>

#include <boost/asio/ip/network_v4.hpp>

namespace nvrhub::net {

namespace asio = boost::asio;

namespace {

asio::ip::address_v6 as_v6(const asio::ip::address& address) {
  return address.is_v4() ? asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()) : address.to_v6();
}

asio::ip::network_v6 as_v6(const asio::ip::network_v4& network) {
  return {as_v6(network.address()), static_cast<unsigned short>(network.prefix_length() + 96)};
}

double left_of(double used, const Rate& rate, MonoTime since, MonoTime now) {
  return std::max(0.0, used - rate.per_second * std::chrono::duration<double>(now - since).count());
}

} // namespace

bool TokenBucket::take(const Rate& rate, MonoTime now) {
  if (rate.per_second <= 0) return true;
  used_ = left_of(used_, rate, last_, now);
  last_ = now;
  if (used_ + 1 > std::max(1.0, rate.per_second * rate.seconds)) return false;
  used_ += 1;
  return true;
}

bool TokenBucket::is_full(const Rate& rate, MonoTime now) const {
  return left_of(used_, rate, last_, now) <= 0;
}

AddressRates::Key AddressRates::key_of(const asio::ip::address& address) {
  const auto bytes = as_v6(address).to_bytes();
  Key key{static_cast<unsigned char>(address.is_v4() ? 4 : 6)};
  std::copy_n(address.is_v4() ? bytes.begin() + 12 : bytes.begin(), address.is_v4() ? 4 : 8, key.begin() + 1);
  return key;
}

bool AddressRates::take(const asio::ip::address& address, const Rate& rate, MonoTime now) {
  if (rate.per_second <= 0) return true;
  const std::lock_guard lock(mutex_);
  const bool good = by_address_[key_of(unmap_v4(address))].take(rate, now);
  if (by_address_.size() >= cleanup_size_) drop_full(rate, now);
  return good;
}

void AddressRates::drop_full(const Rate& rate, MonoTime now) {
  std::erase_if(by_address_, [&](const auto& entry) { return entry.second.is_full(rate, now); });
  cleanup_size_ = std::max<std::size_t>(4096, 2 * by_address_.size());
}

bool Networks::add(const std::string& text) {
  boost::system::error_code error;
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) { // Asio would also parse the network of a scoped address as one: "fe80::%2/10"
    const auto address = asio::ip::make_address(text, error);
    if (!error) networks_.emplace_back(as_v6(address), static_cast<unsigned short>(128));
    return !error;
  }
  if (text.size() - slash > 4) return false; // Asio lets a longer prefix length overflow
  if (const auto network = asio::ip::make_network_v4(text, error); !error) {
    networks_.push_back(as_v6(network));
    return true;
  }
  if (const auto network = asio::ip::make_network_v6(text, error); !error) {
    networks_.push_back(network);
    return true;
  }
  return false;
}

bool Networks::contains(const asio::ip::address& address) const {
  return std::any_of(networks_.begin(), networks_.end(), [v6 = as_v6(address)](const asio::ip::network_v6& network) {
    const asio::ip::network_v6 its_network(v6, network.prefix_length());
    return its_network.network().to_bytes() == network.network().to_bytes(); // ignores the scope id
  });
}

asio::ip::address unmap_v4(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return address;
}

} // namespace nvrhub::net
