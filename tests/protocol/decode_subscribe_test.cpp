#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

#include "protocol/decode/decode.hpp"
#include "protocol/limits.hpp"

using namespace nvrhub::protocol;
using Names = std::vector<std::string>;

namespace {

Subscribe decoded(std::string_view frame) {
  auto message = decode_dashboard_message(frame);
  INFO(frame);
  INFO((message ? std::string() : message.error().message));
  REQUIRE(message.has_value());
  return std::move(*message);
}

/// A `subscribe` with these fields.
Subscribe subscribe(const std::string& fields) {
  return decoded(R"({"type":"subscribe",)" + fields + "}");
}

Refusal refused(std::string_view frame) {
  auto message = decode_dashboard_message(frame);
  INFO(frame.substr(0, 200));
  REQUIRE_FALSE(message.has_value());
  CHECK_FALSE(message.error().id.has_value());
  return std::move(message.error());
}

/// The refusal of a `subscribe` with these fields.
std::string complaint(const std::string& fields) {
  const Refusal refusal = refused(R"({"type":"subscribe",)" + fields + "}");
  CHECK(refusal.code == ErrorCode::bad_message);
  CHECK(refusal.counts);
  return refusal.message;
}

std::string list_of(std::size_t count, const std::string& entry) {
  std::string list = "[";
  for (std::size_t i = 0; i < count; ++i)
    list += (i == 0 ? "" : ",") + entry;
  return list + "]";
}

constexpr const char* a_name = "is wrong: expected a string of 1 to 200 bytes of UTF-8 without control characters";

} // namespace

TEST_CASE("a bare subscribe requests everything, with cameras, from a snapshot") {
  for (const char* frame :
       {R"({"type":"subscribe"})", R"({"type":"subscribe","since":null,"filter":null,"detail":null})",
        R"({"detail":"camera","filter":{},"type":"subscribe","other":[1,{}]})"}) {
    const Subscribe asked = decoded(frame);
    CHECK_FALSE(asked.since.has_value());
    CHECK(asked.filter.is_everything());
    CHECK(asked.detail == Detail::camera);
    CHECK_FALSE(asked.summary);
  }
}

TEST_CASE("a position has an epoch and a seq") {
  const auto since = subscribe(R"("since":{"epoch":"2d1789115642ff35","seq":17,"more":1})").since;
  REQUIRE(since.has_value());
  CHECK(since->epoch == "2d1789115642ff35");
  CHECK(since->seq == 17);
  CHECK(subscribe(R"("since":{"epoch":"","seq":0})").since->seq == 0);
  CHECK(subscribe(R"("since":{"epoch":"e","seq":18446744073709551615})").since->seq == ~std::uint64_t{0});
}

TEST_CASE("each detail") {
  CHECK(subscribe(R"("detail":"camera")").detail == Detail::camera);
  CHECK(subscribe(R"("detail":"nvr")").detail == Detail::nvr);
  CHECK(subscribe(R"("detail":"counts")").detail == Detail::counts);
  CHECK(subscribe(R"("detail":"summary")").summary);
  for (const char* other : {"camera", "nvr", "counts"})
    CHECK_FALSE(subscribe(std::string(R"("detail":")") + other + "\"").summary);
}

TEST_CASE("names of a filter are sorted and unique") {
  const auto filter =
      subscribe(R"("filter":{"hostnames":["b","a","b","B"],"sites":["North","","North"],"problems":true})").filter;
  CHECK(filter.hostnames == Names{"B", "a", "b"});
  CHECK(filter.sites == Names{"", "North"});
  CHECK(filter.problems);
}

TEST_CASE("a filter may name . and .., which stores of earlier versions may hold") {
  CHECK(subscribe(R"("filter":{"hostnames":["..","."]})").filter.hostnames == Names{".", ".."});
}

TEST_CASE("an empty list differs from no list") {
  const auto filter = subscribe(R"("filter":{"hostnames":[],"sites":null,"problems":false})").filter;
  CHECK(filter.hostnames == Names{});
  CHECK_FALSE(filter.sites.has_value());
  CHECK_FALSE(filter.problems);
  CHECK_FALSE(filter.is_everything());
}

TEST_CASE("the last of duplicate keys wins") {
  const Subscribe asked = subscribe(R"("detail":7,"filter":{"problems":"x","problems":true},"detail":"nvr")");
  CHECK(asked.detail == Detail::nvr);
  CHECK(asked.filter.problems);
  CHECK_FALSE(subscribe(R"("since":5,"since":null)").since.has_value());
}

TEST_CASE("a message that is not a JSON object is refused") {
  for (const char* frame : {"", "subscribe", R"({"type":"subscribe")", R"({"type":"subscribe"}{})"}) {
    const Refusal refusal = refused(frame);
    CHECK(refusal.code == ErrorCode::bad_json);
    CHECK(refusal.counts);
    CHECK(refusal.message.starts_with("not JSON"));
  }
  for (const char* frame : {"[]", "null", "7", R"("subscribe")"})
    CHECK(refused(frame).message == "a message is a JSON object");
}

TEST_CASE("the type is checked first, and an unknown one does not count towards the limit") {
  CHECK(refused("{}").message == "type is missing: expected subscribe");
  CHECK(refused(R"({"type":7,"detail":7})").message == "type is wrong: expected subscribe");
  const Refusal unknown = refused(R"({"type":"gossip","since":7})");
  CHECK(unknown.code == ErrorCode::bad_message);
  CHECK_FALSE(unknown.counts);
  CHECK(unknown.message == "type is unknown: expected subscribe");
}

TEST_CASE("a wrong position is named") {
  CHECK(complaint(R"("since":7)") == "since is wrong: expected an object with epoch and seq, or null");
  CHECK(complaint(R"("since":[])") == "since is wrong: expected an object with epoch and seq, or null");
  CHECK(complaint(R"("since":{"seq":1})") == "since.epoch is missing: expected a string, as in `subscribed`");
  CHECK(complaint(R"("since":{"epoch":1,"seq":1})") == "since.epoch is wrong: expected a string, as in `subscribed`");
  CHECK(complaint(R"("since":{"epoch":"e"})") == "since.seq is missing: expected a whole number from 0 on");
  for (const char* seq : {"-1", "1.5", "1.0", "1e3", "\"1\"", "true", "{}", "18446744073709551616", "1e999"}) {
    CHECK(complaint(std::string(R"("since":{"epoch":"e","seq":)") + seq + "}") ==
          "since.seq is wrong: expected a whole number from 0 on");
  }
}

TEST_CASE("a wrong filter is named with the index of the entry") {
  CHECK(complaint(R"("filter":[])") ==
        "filter is wrong: expected an object with hostnames, sites or problems, or null");
  for (const std::string list : {"hostnames", "sites"}) {
    const std::string expected = "filter." + list + " is wrong: expected an array of at most " +
                                 std::to_string(max_filter_names) + " strings, or null";
    CHECK(complaint(R"("filter":{")" + list + R"(":"a"})") == expected);
    CHECK(complaint(R"("filter":{")" + list + R"(":{}})") == expected);
    CHECK(complaint(R"("filter":{")" + list + "\":" + list_of(max_filter_names + 1, "\"a\"") + "}") == expected);
  }
  CHECK(complaint(R"("filter":{"hostnames":["a",""]})") == std::string("filter.hostnames[1] ") + a_name);
  CHECK(complaint(R"("filter":{"hostnames":["a","a",null]})") == std::string("filter.hostnames[2] ") + a_name);
  CHECK(complaint(R"("filter":{"hostnames":[")" + std::string(201, 'x') + R"("]})") ==
        std::string("filter.hostnames[0] ") + a_name);
  CHECK(complaint(R"("filter":{"sites":["",7]})") ==
        std::string("filter.sites[1] ") + a_name + ", or an empty one for none");
  CHECK(complaint(R"("filter":{"sites":["\u0007"]})") ==
        std::string("filter.sites[0] ") + a_name + ", or an empty one for none");
  for (const char* problems : {"1", "\"true\"", "[]", "{}"})
    CHECK(complaint(std::string(R"("filter":{"problems":)") + problems + "}") ==
          "filter.problems is wrong: expected true, false or null");
}

TEST_CASE("a wrong detail is named") {
  for (const char* detail : {"7", "\"\"", "\"cameras\"", "\"Camera\"", "[\"nvr\"]", "true"})
    CHECK(complaint(std::string(R"("detail":)") + detail) ==
          "detail is wrong: expected camera, nvr, counts or summary");
}

TEST_CASE("a filter with the maximum number of names") {
  const auto filter = subscribe(R"("filter":{"hostnames":)" + list_of(max_filter_names, "\"a\"") +
                                ",\"sites\":" + list_of(max_filter_names, "\"\"") + "}")
                          .filter;
  CHECK(filter.hostnames == Names{"a"});
  CHECK(filter.sites == Names{""});
}
