#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "log/etcd/messages.hpp"
#include "log/etcd/protobuf.hpp"

using namespace nvrhub::log;
using namespace nvrhub::log::etcd;

namespace {

std::string header(std::uint64_t revision) {
  ProtobufWriter out;
  out.number(1, 77); // the cluster's id
  out.number(3, revision);
  return out.take();
}

std::string key_value(std::string_view key, std::uint64_t revision, std::string_view value) {
  ProtobufWriter out;
  out.bytes(1, key);
  out.number(2, revision - 1);
  out.number(3, revision);
  out.number(4, 2);
  out.bytes(5, value);
  out.number(6, 99);
  return out.take();
}

std::string range_response() {
  ProtobufWriter out;
  out.message(1, header(12));
  out.message(2, key_value("fleet/a", 7, std::string(300, 'x')));
  out.message(2, key_value("fleet/b", 9, ""));
  out.number(3, 1);
  out.number(4, 2);
  return out.take();
}

std::string txn_response() {
  ProtobufWriter operation;
  operation.message(1, range_response());
  ProtobufWriter out;
  out.message(1, header(12));
  out.message(3, operation.take());
  return out.take();
}

std::string watch_response() {
  ProtobufWriter put;
  put.message(2, key_value("fleet/log/a/1", 7, "entry"));
  ProtobufWriter erased;
  erased.number(1, 1);
  erased.message(2, key_value("fleet/nodes/a/1", 8, ""));
  ProtobufWriter out;
  out.message(1, header(8));
  out.number(3, 1);
  out.number(7, 1);
  out.message(11, put.take());
  out.message(11, erased.take());
  return out.take();
}

/// No decoder may read beyond the message or accept what it cannot represent: a sanitizer checks the first.
void decode_all(std::string_view message) {
  (void)decode_range(message);
  (void)decode_txn(message);
  (void)decode_lease(message);
  (void)decode_status(message);
  (void)decode_watch(message);
}

} // namespace

TEST_CASE("a Protobuf field is read as it was written", "[log][protobuf]") {
  const std::uint64_t numbers[] = {1, 127, 128, 16384, 0xffffffff, std::uint64_t{1} << 63, ~std::uint64_t{0}};
  for (const std::uint64_t number : numbers) {
    ProtobufWriter out;
    out.always(3, number);
    out.bytes(2000, "text");
    const std::string message = out.take();
    ProtobufReader reader(message);
    const auto first = reader.next();
    REQUIRE(first.value()->number == 3);
    CHECK(first.value()->value == number);
    const auto second = reader.next();
    REQUIRE(second.value()->number == 2000);
    CHECK(second.value()->bytes == "text");
    CHECK(!reader.next().value());
  }
}

TEST_CASE("default values are left out, except in a oneof", "[log][protobuf]") {
  ProtobufWriter out;
  out.number(1, 0);
  out.bytes(2, "");
  CHECK(out.take().empty());
  out.always(1, 0);
  CHECK(out.take() == std::string("\x08\0", 2));
}

TEST_CASE("fixed numbers and unknown fields are skipped", "[log][protobuf]") {
  const std::string message = std::string("\x09\1\2\3\4\5\6\7\x08", 9) + std::string("\x15\1\2\3\4", 5) + "\x18\x05";
  const auto lease = decode_lease(message); // 1: fixed64, 2: fixed32, 3: the time to live
  REQUIRE(lease);
  CHECK(lease->seconds == 5);
}

TEST_CASE("malformed Protobuf is an error", "[log][protobuf]") {
  const std::string_view messages[] = {
      "\x08",          // a tag without a value
      {"\x00\x01", 2}, // field 0
      "\x0a\x05"
      "ab",                                                 // a length beyond the end
      "\x0b",                                               // a group of proto2
      "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",       // 65 bits
      "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",       // a length of 2^64 - 1
      {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01", 11}, // a field number of 61 bits
      {"\x09\x01", 2},                                      // a fixed number that is cut off
  };
  for (const std::string_view message : messages) {
    ProtobufReader reader(message);
    const auto field = reader.next();
    REQUIRE(!field);
    CHECK(field.error().code == Errc::malformed);
  }
}

TEST_CASE("etcd's responses are decoded", "[log][etcd]") {
  const std::string range_bytes = range_response();
  const auto range = decode_range(range_bytes);
  REQUIRE(range);
  CHECK(range->revision == 12);
  CHECK(range->more);
  REQUIRE(range->kvs.size() == 2);
  CHECK(range->kvs[0].key == "fleet/a");
  CHECK(range->kvs[0].create_revision == 6);
  CHECK(range->kvs[0].mod_revision == 7);
  CHECK(range->kvs[0].version == 2);
  CHECK(range->kvs[0].value.size() == 300);
  CHECK(range->kvs[0].lease == 99);

  const std::string txn_bytes = txn_response();
  const auto txn = decode_txn(txn_bytes);
  REQUIRE(txn);
  CHECK(!txn->succeeded);
  REQUIRE(txn->ranges.size() == 1);
  CHECK(txn->ranges[0].kvs.size() == 2);

  const std::string watch_bytes = watch_response();
  const auto watch = decode_watch(watch_bytes);
  REQUIRE(watch);
  CHECK(watch->created);
  CHECK(watch->fragment);
  CHECK(!watch->canceled);
  REQUIRE(watch->events.size() == 2);
  CHECK(!watch->events[0].deleted);
  CHECK(watch->events[0].kv.value == "entry");
  CHECK(watch->events[1].deleted);
}

TEST_CASE("a message with more fields than any real one is refused", "[log][etcd]") {
  std::string message;
  for (int i = 0; i < (1 << 16) + 1; ++i)
    message += std::string("\x5a\0", 2); // empty events
  const auto watch = decode_watch(message);
  REQUIRE(!watch);
  CHECK(watch.error().code == Errc::malformed);
}

TEST_CASE("truncated, changed and random responses do no harm", "[log][etcd]") {
  std::mt19937 random(Catch::rngSeed());
  for (const std::string& message : {range_response(), txn_response(), watch_response()}) {
    for (std::size_t size = 0; size < message.size(); ++size)
      decode_all(message.substr(0, size));
    for (int i = 0; i < 20'000; ++i) {
      std::string changed = message;
      for (auto n = random() % 3 + 1; n > 0; --n)
        changed[random() % changed.size()] = static_cast<char>(random());
      decode_all(changed);
    }
  }
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random() % 64, '\0');
    for (char& byte : bytes)
      byte = static_cast<char>(random());
    decode_all(bytes);
  }
}

TEST_CASE("the end of a prefix is behind all its keys and before the next one", "[log][etcd]") {
  CHECK(prefix_end("fleet/") == "fleet0");
  CHECK(prefix_end("a\xff\xff") == "b");
  CHECK(prefix_end("\xff") == std::string(1, '\0'));
}
