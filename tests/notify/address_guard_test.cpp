#include "notify/address_guard.hpp"

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <string>

using namespace nvrhub::notify;

namespace {

/// What the guard says about the address; "" if it may be connected to.
std::string guard(const std::string& text) {
  sockaddr_storage storage{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1)
    storage.ss_family = AF_INET;
  else if (::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1)
    storage.ss_family = AF_INET6;
  const auto& address = reinterpret_cast<const sockaddr&>(storage);
  if (storage.ss_family != 0) CHECK(to_string(address) == text);
  return std::string(private_address(address).value_or(""));
}

} // namespace

TEST_CASE("address guard: public addresses may be connected to") {
  for (const char* address :
       {"1.1.1.1",          "9.255.255.255",   "11.0.0.0",      "100.63.255.255",  "100.128.0.0",  "126.255.255.255",
        "128.0.0.0",        "169.253.255.255", "169.255.0.0",   "172.15.255.255",  "172.32.0.0",   "192.167.255.255",
        "192.169.0.0",      "198.17.255.255",  "198.20.0.0",    "223.255.255.255", "2606:4700::1", "2a00:1450:4001::5",
        "64:ff9b::101:101", "2002:101:101::1", "::ffff:1.1.1.1"}) {
    INFO(address);
    CHECK(guard(address) == "");
  }
}

TEST_CASE("address guard: what only this machine or its network reaches is refused") {
  for (const char* address :
       {"0.0.0.0",     "0.1.2.3",         "10.0.0.0",        "10.255.255.255", "100.64.0.0",      "100.127.255.255",
        "127.0.0.1",   "127.255.255.254", "169.254.0.1",     "172.16.0.1",     "172.31.255.255",  "192.0.0.1",
        "192.0.2.1",   "192.168.0.1",     "192.168.255.255", "198.18.0.1",     "198.19.255.255",  "198.51.100.1",
        "203.0.113.1", "224.0.0.1",       "239.255.255.255", "240.0.0.1",      "255.255.255.255", "::",
        "::1",         "fe80::1",         "febf::1",         "fec0::1",        "fc00::1",         "fdff::1",
        "ff02::1",     "64:ff9b:1::1",    "100::1",          "2001:db8::1",    "4000::1",         "::2:0:0"}) {
    INFO(address);
    CHECK(guard(address) != "");
  }
}

TEST_CASE("address guard: an IPv4 address inside an IPv6 address counts") {
  CHECK(guard("::ffff:127.0.0.1") == "a loopback address");
  CHECK(guard("::ffff:10.1.2.3") == "an address of a private network");
  CHECK(guard("::127.0.0.1") == "a loopback address");
  CHECK(guard("64:ff9b::c0a8:1") == "an address of a private network");
  CHECK(guard("2002:7f00:1::") == "a loopback address");
  CHECK(guard("2002:a9fe:a9fe::") == "the address of a cloud's metadata service");
}

TEST_CASE("address guard: metadata services are named") {
  for (const char* address :
       {"169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254"})
    CHECK(guard(address) == "the address of a cloud's metadata service");
}

TEST_CASE("address guard: another family is refused") {
  CHECK(guard("no address") == "no internet address");
}
