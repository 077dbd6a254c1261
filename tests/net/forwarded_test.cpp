#include "net/http/forwarded.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace nvrhub;
using namespace nvrhub::net;

using Catch::EndsWith;
using Catch::StartsWith;

namespace {

/// The client that the lines of the header name, "peer" for none, followed by what is unreadable.
std::string client_in(ProxyHeader source, const std::vector<std::string>& lines) {
  Networks trusted;
  trusted.add("10.0.0.0/8");
  trusted.add("2001:db8:ffff::/48");
  HttpRequest request(boost::beast::http::verb::get, "/", 11);
  for (const std::string& line : lines)
    request.insert(source == ProxyHeader::forwarded ? "Forwarded" : "X-Forwarded-For", line);
  // The other header, as a client may send it through a proxy that does not write it.
  request.insert(source == ProxyHeader::forwarded ? "X-Forwarded-For" : "Forwarded",
                 source == ProxyHeader::forwarded ? "203.0.113.99" : "for=203.0.113.99");
  const ForwardedClient client = forwarded_client(request, source, trusted);
  const std::string address = client.address ? client.address->to_string() : "peer";
  return client.unreadable.empty() ? address : address + ", unreadable: " + client.unreadable;
}

std::string by_xff(const std::vector<std::string>& lines) {
  return client_in(ProxyHeader::x_forwarded_for, lines);
}

std::string by_forwarded(const std::vector<std::string>& lines) {
  return client_in(ProxyHeader::forwarded, lines);
}

} // namespace

TEST_CASE("forwarded: the client is the last address that is no trusted proxy", "[forwarded]") {
  CHECK(by_xff({}) == "peer");
  CHECK(by_xff({"192.0.2.1"}) == "192.0.2.1");
  CHECK(by_xff({"198.51.100.7, 192.0.2.1, 10.0.0.2"}) == "192.0.2.1"); // the first could be forged
  CHECK(by_xff({"192.0.2.1", "10.0.0.2"}) == "192.0.2.1");
  CHECK(by_xff({"192.0.2.1, 10.0.0.2", "10.0.0.3"}) == "192.0.2.1");
  CHECK(by_xff({"10.0.0.3, 10.0.0.2"}) == "10.0.0.3");
  CHECK(by_xff({"192.0.2.1, 2001:db8:ffff::1"}) == "192.0.2.1");
  CHECK(by_xff({"nonsense, 192.0.2.1"}) == "192.0.2.1");
}

TEST_CASE("forwarded: X-Forwarded-For may have ports, brackets, quotes, zones and blanks", "[forwarded]") {
  for (const char* text : {"192.0.2.1:4711", "192.0.2.1:0", "\"192.0.2.1\"", "\"192.0.2.1:4711\"", "[192.0.2.1]:4711",
                           "::ffff:192.0.2.1", "[::ffff:192.0.2.1]:4711", "\t192.0.2.1\t", " \t 192.0.2.1:4711 \t",
                           "10.9.9.9,\t192.0.2.1\t,\t10.0.0.2:80", "192.0.2.1,,", ", ,192.0.2.1 , ,",
                           "192.0.2.1:_hidden", "evil\", 192.0.2.1", "\"evil, 192.0.2.1", "\\\"evil, 192.0.2.1:4711"}) {
    CAPTURE(text);
    CHECK(by_xff({text}) == "192.0.2.1");
  }
  for (const char* text : {"2001:db8::7", "[2001:db8::7]", "[2001:db8::7]:4711", "\"[2001:db8::7]:4711\"",
                           "\"2001:db8::7\"", "2001:DB8:0::7", "2001:db8::7%eth0", "[2001:db8::7%25eth0]:4711",
                           "[2001:db8:ffff::1]:80,[2001:db8::7]:4711,[2001:db8:ffff::2]:80"}) {
    CAPTURE(text);
    CHECK(by_xff({text}) == "2001:db8::7");
  }
  CHECK(by_xff({"fe80::1%eth0"}) == "fe80::1");
  CHECK(by_xff({"fe80::1%3"}) == "fe80::1");
}

TEST_CASE("forwarded: a client that cannot be read counts as the proxy next to it", "[forwarded]") {
  for (const std::string text : {"unknown",
                                 "_hidden",
                                 "-",
                                 "client.example",
                                 "192.0.2.1.5",
                                 "192.0.2.1:",
                                 "192.0.2.1:port",
                                 "192.0.2.1:123456",
                                 "[2001:db8::7",
                                 "[2001:db8::7]4711",
                                 "[]",
                                 "\"192.0.2.1",
                                 "192.0.2.1\"",
                                 "for=192.0.2.1",
                                 "192.0.2.1/24",
                                 "192.0.2.1%eth0",
                                 "192.0.2.1 192.0.2.2",
                                 "0x7f.1",
                                 "2001:db8:::7",
                                 "[2001:db8::7]:"}) {
    CAPTURE(text);
    CHECK(by_xff({text}) == "peer, unreadable: " + text);
    // A quote without its end makes all of the value one element.
    CHECK_THAT(by_xff({"198.51.100.7, " + text}), StartsWith("peer, unreadable: ") && EndsWith(text));
    CHECK_THAT(by_xff({"198.51.100.7, " + text + ", 10.0.0.2"}),
               StartsWith("10.0.0.2, unreadable: ") && EndsWith(text));
  }
  CHECK(by_xff({""}) == "peer");
  CHECK(by_xff({", ,"}) == "peer");
}

TEST_CASE("forwarded: the examples of RFC 7239 are read", "[forwarded]") {
  CHECK(by_forwarded({"for=192.0.2.43"}) == "192.0.2.43");
  CHECK(by_forwarded({"for=192.0.2.60;proto=http;by=203.0.113.43"}) == "192.0.2.60");
  CHECK(by_forwarded({"For=\"[2001:db8:cafe::17]:4711\""}) == "2001:db8:cafe::17");
  CHECK(by_forwarded({"for=192.0.2.43, for=198.51.100.17"}) == "198.51.100.17");
  CHECK(by_forwarded({"for=192.0.2.43,for=\"[2001:db8:cafe::17]\",for=unknown"}) == "peer, unreadable: for=unknown");
  CHECK(by_forwarded({"for=_hidden, for=_SEVKISEK"}) == "peer, unreadable: for=_SEVKISEK");
  CHECK(by_forwarded({"for=192.0.2.43", "for=\"10.0.0.7:80\";by=10.0.0.8"}) == "192.0.2.43");
  CHECK(by_forwarded({"for=192.0.2.43, for=10.0.0.7", "proto=https;FOR=10.0.0.8"}) == "192.0.2.43");
}

TEST_CASE("forwarded: quotes, escapes and blanks are read as RFC 9110 defines them", "[forwarded]") {
  for (const char* text :
       {"for=\"192.0.2.1\"", "for=\"192.0.2.1:4711\"", "for=\"192.0.2.1:_port\"", "for=\"1\\92.0.2.1\"",
        "\tby=\"a,b;for=10.1.1.1\" ;\tfor=192.0.2.1;proto=https ", "host=\"x\\\",for=1\";for=192.0.2.1",
        ";for=192.0.2.1;", "for=192.0.2.1:4711", "FOR=192.0.2.1", "for=192.0.2.1, , for=10.0.0.2,",
        // A quote that the client sent does not swallow what the proxies append.
        "for=\"evil, for=192.0.2.1", "for=198.51.100.7;x=\", for=\"192.0.2.1:4711\"", "\\\", for=192.0.2.1"}) {
    CAPTURE(text);
    CHECK(by_forwarded({text}) == "192.0.2.1");
  }
  CHECK(by_forwarded({"for=[2001:db8::7]:4711"}) == "2001:db8::7"); // not quoted, as it should be
  for (const std::string text :
       {"proto=https", "192.0.2.1", "for", "for=", "for=\"192.0.2.1", "for=192.0.2.1;for=192.0.2.1", "for =192.0.2.1",
        "for=\"\"", "xfor=192.0.2.1", "for=\"192.0.2.1\"x"}) {
    CAPTURE(text);
    CHECK(by_forwarded({text}) == "peer, unreadable: " + text);
    CHECK_THAT(by_forwarded({"for=198.51.100.7, " + text + ", for=10.0.0.2"}),
               StartsWith("10.0.0.2, unreadable: ") && EndsWith(text));
  }
}
