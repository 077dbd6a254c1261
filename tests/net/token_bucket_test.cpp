#include "net/limits/token_bucket.hpp"

#include <catch2/catch.hpp>

using namespace nvrhub::net;
using namespace std::chrono_literals;

namespace {

boost::asio::ip::address ip(const char* text) {
  return boost::asio::ip::make_address(text);
}

} // namespace

TEST_CASE("token bucket: it permits a burst, then the rate", "[rates]") {
  const Rate rate{2, 10};
  TokenBucket bucket;
  MonoTime now{1h};
  for (int i = 0; i < 20; ++i)
    CHECK(bucket.take(rate, now));
  CHECK_FALSE(bucket.take(rate, now));
  now += 1s;
  CHECK(bucket.take(rate, now));
  CHECK(bucket.take(rate, now));
  CHECK_FALSE(bucket.take(rate, now));
  now += 1h;
  for (int i = 0; i < 20; ++i)
    CHECK(bucket.take(rate, now));
  CHECK_FALSE(bucket.take(rate, now)); // unused capacity does not accumulate
}

TEST_CASE("token bucket: a rate of 0 is no limit, and a slow one permits at least one", "[rates]") {
  TokenBucket bucket;
  for (int i = 0; i < 1000; ++i)
    CHECK(bucket.take(Rate{0, 10}, MonoTime{1h}));
  TokenBucket slow;
  CHECK(slow.take(Rate{0.01, 10}, MonoTime{1h}));
  CHECK_FALSE(slow.take(Rate{0.01, 10}, MonoTime{1h}));
}

TEST_CASE("address rates: each address has its own bucket; an IPv6 client is its /64", "[rates]") {
  const Rate rate{1, 1};
  AddressRates rates;
  const MonoTime now{1h};
  CHECK(rates.take(ip("10.0.0.1"), rate, now));
  CHECK_FALSE(rates.take(ip("10.0.0.1"), rate, now));
  CHECK_FALSE(rates.take(ip("::ffff:10.0.0.1"), rate, now));
  CHECK(rates.take(ip("10.0.0.2"), rate, now));
  CHECK(rates.take(ip("2001:db8:0:1::1"), rate, now));
  CHECK_FALSE(rates.take(ip("2001:db8:0:1:ffff::7"), rate, now));
  CHECK(rates.take(ip("2001:db8:0:2::1"), rate, now));
}

TEST_CASE("address rates: full buckets are dropped, the others are kept", "[rates]") {
  const Rate rate{1, 1};
  AddressRates rates;
  MonoTime now{1h};
  for (unsigned i = 0; i < 20'000; ++i)
    (void)rates.take(boost::asio::ip::address_v4(0x0A000000U + i), rate, now += 10ms);
  CHECK(rates.take(ip("192.168.0.1"), rate, now));
  CHECK_FALSE(rates.take(ip("192.168.0.1"), rate, now));
  CHECK(rates.size() < 5'000);
}

TEST_CASE("networks: they contain their addresses and no others", "[rates]") {
  Networks networks;
  CHECK_FALSE(networks.contains(ip("10.0.0.1")));
  for (const char* text :
       {"10.1.0.0/16", "192.168.1.7", "2001:db8::/33", "172.16.0.0/12", "::ffff:203.0.113.0/120", "fe80::%2/10"})
    CHECK(networks.add(text));
  for (const char* text : {"10.1.0.0", "10.1.255.255", "::ffff:10.1.2.3", "192.168.1.7", "2001:db8:7fff::1",
                           "172.31.255.1", "203.0.113.9", "fe80::1"})
    CHECK(networks.contains(ip(text)));
  for (const char* text : {"10.2.0.0", "10.0.255.255", "192.168.1.6", "2001:db8:8000::1", "172.32.0.0", "::10.1.0.1"})
    CHECK_FALSE(networks.contains(ip(text)));
  for (const char* text : {"", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "::/129", "10.0.0.0/-1", "proxy",
                           "10.0.0.0/4294967304"})
    CHECK_FALSE(networks.add(text));
}
