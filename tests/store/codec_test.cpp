#include <random>

#include "store/records/codec.hpp"
#include "store/records/keys.hpp"
#include "store/support/random_fleet.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub::test;

namespace {

template <class Record>
Record round_trip(Table table, std::string_view key, const Record& record) {
  std::string bytes;
  encode(table, key, record, bytes);
  return good(decode<Record>(table, key, bytes));
}

/// The fields that an event record has.
Event as_stored(Event event) {
  event.seq = 0;
  event.device_name.clear();
  return event;
}

template <class Record>
void decode_payload(std::string_view payload) {
  ByteReader in(payload);
  Record record;
  read(in, record);
  // A sanitizer detects a read beyond the payload.
  CHECK(in.left() <= payload.size());
}

void decode_payload_as_all(std::string_view payload) {
  decode_payload<NvrRecord>(payload);
  decode_payload<CameraRecord>(payload);
  decode_payload<HostnameRecord>(payload);
  decode_payload<SeenRecord>(payload);
  decode_payload<SchemaRecord>(payload);
  decode_payload<EpochRecord>(payload);
  decode_payload<HeadRecord>(payload);
  decode_payload<SessionsRecord>(payload);
  decode_payload<IdentityRecord>(payload);
  decode_payload<Counts>(payload);
  decode_payload<CheckpointRecord>(payload);
  decode_payload<RunRecord>(payload);
  decode_payload<SampleRecord>(payload);
  decode_payload<LogRecord>(payload);
  decode_payload<ChainRecord>(payload);
  decode_payload<OriginState>(payload);
  decode_payload<Event>(payload);
}

} // namespace

TEST_CASE("codec: every record decodes to what was encoded") {
  const NvrRecord nvr{"h", "d", "s", true, ~0ULL, 1ULL << 63, -5, 1024, 7, 9, ~0U, ~0U};
  CHECK(round_trip(Table::nvrs, "k", nvr) == nvr);
  CHECK(round_trip(Table::nvrs, "k", NvrRecord{}) == NvrRecord{});
  for (const char* status : {"online", "offline", "video_loss", "x"}) {
    const CameraRecord camera{"10.0.0.7:554", *Status::parse(status), Source::manual, 1'700'000'000'123, 300};
    CHECK(round_trip(Table::cameras, "k", camera) == camera);
  }
  CHECK(round_trip(Table::hostnames, "k", HostnameRecord{~0U}).id == ~0U);
  CHECK(round_trip(Table::seen, "k", SeenRecord{std::numeric_limits<WallMillis>::min()}).last_seen ==
        std::numeric_limits<WallMillis>::min());
  CHECK(round_trip(Table::meta, "k", SchemaRecord{77}).version == 77);
  CHECK(round_trip(Table::meta, "k", EpochRecord{"0123456789abcdef"}).epoch == "0123456789abcdef");
  const HeadRecord head = round_trip(Table::meta, "k", HeadRecord{5, 800, 9, 1'000, 12});
  CHECK((head.begin == 5 && head.begin_at == 800 && head.seq == 9 && head.at == 1'000 && head.next_nvr == 12));
  CHECK(round_trip(Table::meta, "k", SessionsRecord{1ULL << 40}).ceiling == 1ULL << 40);
  const IdentityRecord identity{~0ULL, -1, 42, 43, true};
  CHECK(round_trip(Table::meta, "k", identity) == identity);
  const Counts counts{1, 2, 3, 4, 5};
  CHECK(round_trip(Table::meta, "k", counts) == counts);
  const SampleRecord sample = round_trip(Table::samples, "k", SampleRecord{77, counts});
  CHECK((sample.head == 77 && sample.counts == counts));
  const RunRecord run = round_trip(Table::runs, "k", RunRecord{-3, 1'700'000'000'123});
  CHECK((run.from == -3 && run.to == 1'700'000'000'123));
  const LogRecord log = round_trip(Table::meta, "k", LogRecord{{~0ULL, {1ULL << 63, ~0ULL}}, 1ULL << 40, ~0U});
  CHECK((log.last == ChainLink{~0ULL, {1ULL << 63, ~0ULL}} && log.entries == 1ULL << 40 && log.next_origin == ~0U));
  CHECK(round_trip(Table::chain, "k", ChainRecord{{1, 1ULL << 63}}).hash == ChainHash{1, 1ULL << 63});
  const OriginState origin{~0U, ~0ULL, true, 1ULL << 50, -1, "announced", true, 1ULL << 51, -2, ~0ULL};
  CHECK(round_trip(Table::origins, "k", origin) == origin);
  CHECK(round_trip(Table::origins, "k", OriginState{}) == OriginState{});
  Nvr nvr_then = nvr_named("then", {"door", "gate"});
  nvr_then.online = true;
  nvr_then.cameras[0] = {"door", "10.0.0.7", *Status::parse("video_loss"), Source::manual, 1'700'000'000'123};
  CHECK(round_trip(Table::nvr_events, "k", CheckpointRecord{nvr_then}).nvr == nvr_then);
}

TEST_CASE("codec: an NVR without a holder is stored as before there were holders") {
  std::string with;
  std::string without;
  NvrRecord nvr;
  encode(Table::nvrs, "k", nvr, without);
  nvr.holder = 127;
  encode(Table::nvrs, "k", nvr, with);
  CHECK(with.size() == without.size() + 1);
  CHECK(with.substr(8, without.size() - 8) == without.substr(8)); // after the checksum
  with.back() = '\0';
  seal_record(Table::nvrs, "k", with);
  CHECK(decode<NvrRecord>(Table::nvrs, "k", with).error().code == Errc::corrupt); // 0 has one form
}

TEST_CASE("codec: events of every kind decode to what was encoded") {
  const auto seed = random_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 500; ++i) {
    const Event event = random_event(random);
    CHECK(round_trip(Table::events, event_key(1), event) == as_stored(event));
  }
}

TEST_CASE("codec: a record under another key or in another table is refused") {
  std::string bytes;
  encode(Table::nvrs, nvr_key(1), NvrRecord{}, bytes);
  CHECK(decode<NvrRecord>(Table::nvrs, nvr_key(1), bytes).has_value());
  CHECK(decode<NvrRecord>(Table::nvrs, nvr_key(2), bytes).error().code == Errc::corrupt);
  CHECK(decode<NvrRecord>(Table::base_nvrs, nvr_key(1), bytes).error().code == Errc::corrupt);
  CHECK(decode<NvrRecord>(Table::nvrs, {}, bytes).error().code == Errc::corrupt);
}

TEST_CASE("codec: every changed bit and every truncation of a record is detected") {
  std::string bytes;
  const std::string key = event_key(7);
  encode(Table::events, key, change(Kind::cameras, 12, {{"door", *Status::parse("video_loss")}}), bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      CHECK_FALSE(decode<Event>(Table::events, key, damaged).has_value());
    }
    CHECK_FALSE(decode<Event>(Table::events, key, bytes.substr(0, i)).has_value());
  }
  CHECK_FALSE(decode<Event>(Table::events, key, bytes + '\0').has_value());
}

TEST_CASE("codec: a newer record version is Errc::schema, not Errc::corrupt") {
  const std::string key = nvr_key(3);
  std::string bytes;
  encode(Table::nvrs, key, NvrRecord{}, bytes);
  bytes[8] = static_cast<char>(record_version + 1);
  seal_record(Table::nvrs, key, bytes);
  CHECK(decode<NvrRecord>(Table::nvrs, key, bytes).error().code == Errc::schema);
}

TEST_CASE("codec: a registered event without an NVR is refused") {
  std::string bytes;
  encode(Table::events, event_key(1), event_of(Kind::registered, 1), bytes);
  CHECK(decode<Event>(Table::events, event_key(1), bytes).error().code == Errc::corrupt);
}

TEST_CASE("codec: decoders never read beyond their input") {
  const auto seed = random_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    // An exactly sized heap buffer: a sanitizer detects a read past the end.
    std::string source;
    if (random() % 2 == 0) {
      ByteWriter out(source);
      write(out, random_event(random));
      for (auto flips = random() % 3; flips > 0; --flips)
        source[random() % source.size()] ^= static_cast<char>(random());
      source.resize(random() % (source.size() + 1));
    } else {
      source.resize(random() % 80);
      for (char& c : source)
        c = static_cast<char>(random());
    }
    const std::vector<char> payload(source.begin(), source.end());
    decode_payload_as_all({payload.data(), payload.size()});
  }
}

TEST_CASE("codec: a count larger than the input allocates no memory") {
  std::string payload;
  ByteWriter out(payload);
  out.byte(static_cast<std::uint8_t>(Kind::cameras));
  out.byte(4); // with cameras
  out.zigzag(0);
  out.varint(1);
  out.text("h");
  out.varint(1);
  out.varint(1ULL << 60);
  ByteReader in(payload);
  Event event;
  read(in, event);
  CHECK_FALSE(in.ok());
  CHECK(event.cameras.empty());
}

TEST_CASE("keys sort in the order of their numbers") {
  CHECK(nvr_key(1) < nvr_key(256));
  CHECK(event_key(255) < event_key(1ULL << 40));
  CHECK(camera_key(1, "\xff") < camera_key(2, "a"));
  CHECK(nvr_event_key(1, ~0ULL) < nvr_event_key(2, 0));
  CHECK(id_of_key(camera_key(70'000, "x")) == 70'000);
  CHECK(seq_of_key(event_key(1ULL << 50)) == 1ULL << 50);
  CHECK(seq_of_nvr_event_key(nvr_event_key(3, 99)) == 99);
  CHECK_FALSE(seq_of_key("short").has_value());
  CHECK_FALSE(id_of_key("abc").has_value());
}
