#include "net/rates.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

namespace nvrhub::net {

namespace asio = boost::asio;

namespace {

/// IPv4 as the IPv6 that it maps to.
std::array<unsigned char, 16> bytes_of(const asio::ip::address& address) {
  const auto v6 = address.is_v4() ? asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()) : address.to_v6();
  return v6.to_bytes();
}

double left_of(double used, const Rate& rate, MonoTime since, MonoTime now) {
  return std::max(0.0, used - rate.per_second * std::chrono::duration<double>(now - since).count());
}

} // namespace

bool Allowance::take(const Rate& rate, MonoTime now) {
  if (rate.per_second <= 0) return true;
  used_ = left_of(used_, rate, last_, now);
  last_ = now;
  if (used_ + 1 > std::max(1.0, rate.per_second * rate.seconds)) return false;
  used_ += 1;
  return true;
}

bool Allowance::is_full(const Rate& rate, MonoTime now) const {
  return left_of(used_, rate, last_, now) <= 0;
}

AddressRates::Key AddressRates::key_of(const asio::ip::address& address) {
  const auto bytes = bytes_of(address);
  Key key{static_cast<unsigned char>(address.is_v4() ? 4 : 6)};
  std::copy_n(address.is_v4() ? bytes.begin() + 12 : bytes.begin(), address.is_v4() ? 4 : 8, key.begin() + 1);
  return key;
}

bool AddressRates::take(const asio::ip::address& address, const Rate& rate, MonoTime now) {
  if (rate.per_second <= 0) return true;
  const std::lock_guard lock(mutex_);
  const bool good = by_address_[key_of(plain(address))].take(rate, now);
  if (by_address_.size() >= look_at_) forget_idle(rate, now);
  return good;
}

void AddressRates::forget_idle(const Rate& rate, MonoTime now) {
  std::erase_if(by_address_, [&](const auto& entry) { return entry.second.is_full(rate, now); });
  look_at_ = std::max<std::size_t>(4096, 2 * by_address_.size());
}

bool Networks::add(const std::string& text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  boost::system::error_code error;
  const auto address = asio::ip::make_address(text.substr(0, slash), error);
  if (error) return false;
  const unsigned all = address.is_v4() ? 32 : 128;
  unsigned bits = all;
  if (slash < text.size()) {
    const char* const end = text.data() + text.size();
    const auto [last, bad] = std::from_chars(text.data() + slash + 1, end, bits);
    if (bad != std::errc() || last != end || bits > all) return false;
  }
  networks_.push_back({bytes_of(address), bits + 128 - all});
  return true;
}

bool Networks::contains(const asio::ip::address& address) const {
  const auto bytes = bytes_of(address);
  return std::any_of(networks_.begin(), networks_.end(), [&bytes](const Network& network) {
    const std::size_t whole = network.bits / 8;
    const unsigned rest = network.bits % 8;
    if (!std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(whole), network.prefix.begin())) {
      return false;
    }
    return rest == 0 || (bytes[whole] ^ network.prefix[whole]) >> (8 - rest) == 0;
  });
}

asio::ip::address plain(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return address;
}

} // namespace nvrhub::net
