#include "store/entry/codec.hpp"

#include <algorithm>
#include <cctype>

#include "store/support/random_fleet.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub::test;

namespace {

Nvr nvr_of_entry() {
  Nvr nvr = nvr_named("a", {"door"});
  nvr.id = 3;
  nvr.site = "North";
  nvr.cameras.front().status = *Status::parse("video_loss");
  return nvr;
}

/// A Write with every field that is not set by commit().
Write full_write() {
  Write write = write_of(3, {registered(nvr_of_entry(), 1'000), offline(1'001, Cause::kicked),
                             change(Kind::cameras, 1'002, {{"door", *Status::parse("x")}})});
  write.drafted_on = 12;
  write.session = ~SessionNumber{0};
  write.last_seen = -5;
  for (Event& event : write.events) {
    event.nvr_id = 3;
    event.hostname = "a";
    event.device_name = "The a";
    event.detail = "something";
    event.hostname_before = "b";
    event.site_before = "South";
  }
  write.tokens_logged = {"0a1b2c3d", ""};
  write.alerts = {{"a1", "value"}, {"a2", std::nullopt}, {"a3", ""}};
  return write;
}

LivenessRecord full_liveness() {
  LivenessRecord liveness;
  liveness.now = 1'700'000'000'000;
  liveness.keep_from = 1'600'000'000'000;
  liveness.vouched = -1;
  liveness.begins_run = true;
  liveness.seen = {{1, 1'699'999'999'999}, {~NvrId{0}, -7}};
  return liveness;
}

entry::NodeJoined full_join() {
  return {{"node-1", ~0ULL}, "http://a.example:8080", 1'700'000'000'000, 60'000};
}

std::vector<Entry> one_of_each() {
  LivenessRecord of_node = full_liveness();
  of_node.applied = {~0ULL, {1, 1ULL << 63}};
  LivenessRecord discontinuity;
  discontinuity.clock_discontinuity = true;
  return {entry::Batch{{full_write(), Write{}}},
          full_liveness(),
          discontinuity,
          entry::Prune{-3, ~0ULL},
          entry::Checkpoint{{1, 2, ~NvrId{0}}, 2'000},
          entry::Sessions{1ULL << 63},
          of_node,
          full_join(),
          entry::NodeLost{{"b", 0}, -1, 60'000},
          entry::Claims{{{"a", 7}, {"", ~0ULL}}},
          entry::Claims{},
          entry::Expire{{"c.d", 1}, 1'000, 500},
          entry::Part{1, 2, "bytes"},
          entry::Batch{}};
}

void require_equal(const Write& one, const Write& other) {
  REQUIRE(one.nvr_id == other.nvr_id);
  REQUIRE(one.drafted_on == other.drafted_on);
  REQUIRE(one.session == other.session);
  REQUIRE(one.last_seen == other.last_seen);
  REQUIRE(one.events == other.events);
  REQUIRE(one.tokens_logged == other.tokens_logged);
  REQUIRE(std::equal(one.alerts.begin(), one.alerts.end(), other.alerts.begin(), other.alerts.end(),
                     [](const AlertWrite& a, const AlertWrite& b) { return a.key == b.key && a.value == b.value; }));
}

/// Decodes `bytes` and returns the kind that is expected.
template <class Kind>
Kind decoded_as(std::string_view bytes) {
  Entry entry = good(entry::decode(bytes));
  REQUIRE(std::holds_alternative<Kind>(entry));
  return std::get<Kind>(std::move(entry));
}

void require_malformed(std::string_view bytes) {
  const auto entry = entry::decode(bytes);
  REQUIRE_FALSE(entry.has_value());
  REQUIRE(entry.error().code == Errc::malformed);
  REQUIRE_FALSE(entry.error().message.empty());
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    text.push_back("0123456789abcdef"[static_cast<std::uint8_t>(byte) >> 4]);
    text.push_back("0123456789abcdef"[static_cast<std::uint8_t>(byte) & 15]);
  }
  return text;
}

} // namespace

TEST_CASE("entry codec: every kind decodes to what was encoded") {
  const auto batch = decoded_as<entry::Batch>(entry::encode(entry::Batch{{full_write(), Write{}}}));
  REQUIRE(batch.writes.size() == 2);
  require_equal(batch.writes[0], full_write());
  require_equal(batch.writes[1], Write{});
  CHECK(decoded_as<entry::Batch>(entry::encode(entry::Batch{})).writes.empty());

  const auto liveness = decoded_as<entry::Liveness>(entry::encode(full_liveness()));
  CHECK(liveness.now == full_liveness().now);
  CHECK(liveness.keep_from == full_liveness().keep_from);
  CHECK(liveness.vouched == -1);
  CHECK(liveness.begins_run);
  CHECK_FALSE(liveness.clock_discontinuity);
  CHECK(liveness.seen == full_liveness().seen);

  const auto prune = decoded_as<entry::Prune>(entry::encode(entry::Prune{-3, ~0ULL}));
  CHECK((prune.before == -3 && prune.limit == ~0ULL));
  const auto checkpoint = decoded_as<entry::Checkpoint>(entry::encode(entry::Checkpoint{{1, ~NvrId{0}}, 77}));
  CHECK((checkpoint.changed == std::vector<NvrId>{1, ~NvrId{0}} && checkpoint.max == 77));
  CHECK(decoded_as<entry::Sessions>(entry::encode(entry::Sessions{1ULL << 63})).count == 1ULL << 63);
}

TEST_CASE("entry codec: every kind of membership decodes to what was encoded") {
  LivenessRecord of_node;
  of_node.applied = {1ULL << 60, {3, ~0ULL}};
  of_node.dashboards = ~0ULL;
  CHECK(decoded_as<entry::Liveness>(entry::encode(of_node)).dashboards == ~0ULL);
  CHECK(decoded_as<entry::Liveness>(entry::encode(of_node)).applied == of_node.applied);
  const auto joined = decoded_as<entry::NodeJoined>(entry::encode(full_join()));
  CHECK(joined.origin == full_join().origin);
  CHECK(joined.announcement == full_join().announcement);
  CHECK((joined.at == full_join().at && joined.grace_ms == 60'000));
  const auto lost = decoded_as<entry::NodeLost>(entry::encode(entry::NodeLost{{"b", 0}, -1, ~0ULL}));
  CHECK((lost.origin == Origin{"b", 0} && lost.at == -1 && lost.grace_ms == ~0ULL));
  const auto claims = decoded_as<entry::Claims>(entry::encode(entry::Claims{{{"a", 7}, {"", ~0ULL}}})).claims;
  REQUIRE(claims.size() == 2);
  CHECK((claims[0].hostname == "a" && claims[0].old_session == 7));
  CHECK((claims[1].hostname.empty() && claims[1].old_session == ~0ULL));
  const auto expire = decoded_as<entry::Expire>(entry::encode(entry::Expire{{"c.d", 1}, 1'000, 500}));
  CHECK((expire.origin == Origin{"c.d", 1} && expire.at == 1'000 && expire.limit == 500));
}

TEST_CASE("entry codec: an entry that is too large for the log becomes parts, which together are its bytes") {
  const std::string bytes = entry::encode(full_join());
  CHECK(entry::split(bytes, bytes.size()) == std::vector{bytes});
  for (const std::size_t max : {bytes.size() - 1, std::size_t{40}, std::size_t{18}}) {
    const std::vector<std::string> parts = entry::split(bytes, max);
    REQUIRE(parts.size() >= 2);
    std::string whole;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      CHECK(parts[i].size() <= max);
      const auto part = decoded_as<entry::Part>(parts[i]);
      CHECK((part.index == i && part.count == parts.size()));
      whole += part.bytes;
    }
    CHECK(whole == bytes);
  }
  CHECK(entry::split(std::string(std::size_t{entry::max_parts} * 24, 'x'), 40).size() == entry::max_parts);
  CHECK(entry::split(std::string(std::size_t{entry::max_parts} * 24 + 1, 'x'), 40).empty());
  require_malformed(entry::encode(entry::Part{2, 2, "x"}));
  require_malformed(entry::encode(entry::Part{0, 1, "x"}));
  require_malformed(entry::encode(entry::Part{0, entry::max_parts + 1, "x"}));
}

TEST_CASE("entry codec: names that no node has, and announcements that are too long, are refused") {
  for (const std::string& name : {std::string(), std::string("a b"), std::string(max_node_name + 1, 'x')}) {
    require_malformed(entry::encode(entry::NodeJoined{{name, 1}, "", 0, 0}));
    require_malformed(entry::encode(entry::NodeLost{{name, 1}, 0, 0}));
    require_malformed(entry::encode(entry::Expire{{name, 1}, 0, 0}));
  }
  entry::NodeJoined joined = full_join();
  joined.announcement.assign(max_announcement, 'x');
  good(entry::decode(entry::encode(joined)));
  joined.announcement.push_back('x');
  require_malformed(entry::encode(joined));
}

TEST_CASE("entry codec: any write decodes to what was encoded, also one that will be refused") {
  const auto seed = random_seed();
  CAPTURE(seed);
  Random random(seed);
  RandomFleet fleet(seed);
  for (int i = 0; i < 500; ++i) {
    std::vector<Write> writes = fleet.next_batch();
    for (Write& write : writes) {
      if (random() % 4 == 0) write.events.push_back(random_event(random));
      if (random() % 4 == 0) write.events.push_back(event_of(Kind::registered, 1)); // has no NVR
    }
    const auto batch = decoded_as<entry::Batch>(entry::encode(writes));
    REQUIRE(batch.writes.size() == writes.size());
    for (std::size_t j = 0; j < writes.size(); ++j)
      require_equal(batch.writes[j], writes[j]);
  }
}

TEST_CASE("entry codec: every truncation and every byte more is refused") {
  for (const Entry& entry : one_of_each()) {
    const std::string bytes = entry::encode(entry);
    good(entry::decode(bytes));
    for (std::size_t size = 0; size < bytes.size(); ++size)
      require_malformed(std::string_view(bytes).substr(0, size));
    require_malformed(bytes + '\0');
  }
}

TEST_CASE("entry codec: another version and unknown kinds are refused") {
  std::string bytes = entry::encode(entry::Sessions{1});
  for (int version = 0; version < 256; ++version) {
    bytes[0] = static_cast<char>(version);
    if (version != entry::version) require_malformed(bytes);
  }
  bytes[0] = static_cast<char>(entry::version);
  for (int kind = 0; kind < 256; ++kind) {
    bytes[1] = static_cast<char>(kind);
    if (kind == 0 || kind > 10) require_malformed(bytes);
  }
}

TEST_CASE("entry codec: a length beyond the input is refused before memory is allocated for it") {
  const std::string most = "\xff\xff\xff\xff\xff\xff\xff\xff\x7f";                       // 2^63 - 1 as a varint
  require_malformed("\x01\x01" + most);                                                  // writes
  require_malformed(std::string("\x01\x01\x01\x00\x00\x00\x00", 7) + most);              // events
  require_malformed(std::string("\x01\x01\x01\x00\x00\x00\x00\x00\x01", 9) + most);      // tokens
  require_malformed(std::string("\x01\x01\x01\x00\x00\x00\x00\x00\x00", 9) + most);      // alerts
  require_malformed(std::string("\x01\x01\x01\x00\x00\x00\x00\x00\x00\x01", 10) + most); // key of an alert
  require_malformed(std::string("\x01\x02\x00\x00\x00\x00", 6) + most);                  // seen
  require_malformed("\x01\x04" + most);                                                  // checkpoint
  require_malformed("\x01\x08" + most);                                                  // claims
}

TEST_CASE("entry codec: random bytes are decoded or refused") {
  const auto seed = random_seed();
  CAPTURE(seed);
  Random random(seed);
  const std::vector<Entry> entries = one_of_each();
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = entry::encode(entries[random() % entries.size()]);
    for (auto n = 1 + random() % 4; n > 0; --n)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 8 == 0) {
      std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<char>(random()); });
      bytes[0] = static_cast<char>(entry::version);
      if (bytes.size() > 1) bytes[1] = static_cast<char>(1 + random() % 10);
    }
    const auto entry = entry::decode(bytes);
    if (!entry) {
      REQUIRE(entry.error().code == Errc::malformed);
    } else {
      good(entry::decode(entry::encode(*entry)));
    }
  }
}

TEST_CASE("entry codec: the bytes of version 1 never change") {
  // Servers of two versions exchange entries. A change of an encoding needs a new entry::version.
  CHECK(hex(entry::encode(entry::Batch{{full_write()}})) ==
        "010101030cffffffffffffffffff010903031cd00f03016100000000000000000000030161055468652061054e6f7274"
        "680000000104646f6f720831302e302e302e31000a766964656f5f6c6f7373000009736f6d657468696e67016205536f"
        "7574680554686520610219d20f030161000000000000000000000309736f6d657468696e67016205536f757468055468"
        "652061011ad40f030161000000000000000000010104646f6f7208017809736f6d657468696e67016205536f75746805"
        "546865206101020830613162326333640003026131010576616c7565026132000261330100");
  CHECK(hex(entry::encode(full_liveness())) == "010280a0abfef9628080f4f6905d01010201fe9fabfef962ffffffff0f0d");
  CHECK(hex(entry::encode(entry::Prune{1'000, 500})) == "0103d00ff403");
  CHECK(hex(entry::encode(entry::Checkpoint{{1, 300}, 2'000})) == "01040201ac02d00f");
  CHECK(hex(entry::encode(entry::Sessions{1 << 20})) == "0105808040");
  LivenessRecord of_node;
  of_node.applied = {300, {1, 1ULL << 63}};
  CHECK(hex(entry::encode(of_node)) == "01020000000400ac020000000000000001800000000000000000");
  CHECK(hex(entry::encode(entry::NodeJoined{{"a1", 300}, "at", 1'000, 60'000})) == "0106026131ac02026174d00fe0d403");
  CHECK(hex(entry::encode(entry::NodeLost{{"a1", 300}, 1'000, 60'000})) == "0107026131ac02d00fe0d403");
  CHECK(hex(entry::encode(entry::Claims{{{"a", 300}, {"b", 0}}})) == "0108020161ac02016200");
  CHECK(hex(entry::encode(entry::Expire{{"a1", 300}, 1'000, 500})) == "0109026131ac02d00ff403");
}
