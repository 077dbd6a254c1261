#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "protocol/encode/encode.hpp"

using namespace nvrhub::protocol;
using nlohmann::json;

namespace {

/// Events with `bytes` bytes each, at these seqs.
struct Events {
  Events(std::initializer_list<nvrhub::fleet::Seq> seqs, std::size_t bytes) {
    texts.reserve(seqs.size());
    for (const nvrhub::fleet::Seq seq : seqs) {
      std::string text = R"({"seq":)" + std::to_string(seq) + R"(,"x":")";
      text += std::string(bytes > text.size() + 2 ? bytes - text.size() - 2 : 0, 'x') + "\"}";
      texts.push_back(std::move(text));
      encoded.push_back({seq, texts.back()});
    }
  }
  std::vector<std::string> texts;
  std::vector<EncodedEvent> encoded;
};

/// Checks that the batches join from `from` to `to`, each with the events it covers; returns how many events each has.
std::vector<std::size_t> check_joined(const std::vector<std::string>& batches, std::uint64_t from, std::uint64_t to) {
  std::vector<std::size_t> counts;
  for (const std::string& text : batches) {
    const json batch = json::parse(text);
    CHECK(batch["type"] == "events");
    CHECK(batch["from"] == from);
    const auto last = batch["to"].get<std::uint64_t>();
    CHECK(last >= from);
    for (const json& event : batch["events"]) {
      CHECK(event["seq"] >= from);
      CHECK(event["seq"] <= last);
    }
    counts.push_back(batch["events"].size());
    from = last + 1;
  }
  CHECK(from == to + 1);
  return counts;
}

} // namespace

TEST_CASE("subscribed") {
  CHECK(encode_subscribed("2d1789115642ff35", 17, true) ==
        R"({"type":"subscribed","epoch":"2d1789115642ff35","seq":17,"recovered":true})");
  CHECK(encode_subscribed("2d1789115642ff35", 0, false) ==
        R"({"type":"subscribed","epoch":"2d1789115642ff35","seq":0,"recovered":false})");
}

TEST_CASE("a page of a snapshot") {
  CHECK(encode_snapshot(17, 0, true, {}) == R"({"type":"snapshot","seq":17,"page":0,"last":true,"nvrs":[]})");
  const std::vector<std::string> nvrs{R"({"nvr_id":1})", R"({"nvr_id":2,"cameras":[]})"};
  CHECK(encode_snapshot(17, 3, false, nvrs) ==
        R"({"type":"snapshot","seq":17,"page":3,"last":false,"nvrs":[{"nvr_id":1},{"nvr_id":2,"cameras":[]}]})");
}

TEST_CASE("a batch without events has the range that it covers") {
  CHECK(encode_batches(5, 9, {}) == std::vector<std::string>{R"({"type":"events","from":5,"to":9,"events":[]})"});
}

TEST_CASE("few events are one batch") {
  const Events events({6, 8}, 1);
  CHECK(encode_batches(5, 9, events.encoded) ==
        std::vector<std::string>{R"({"type":"events","from":5,"to":9,"events":[{"seq":6,"x":""},{"seq":8,"x":""}]})"});
}

TEST_CASE("many events are batches whose ranges join and end as requested") {
  const Events events({6, 8, 9, 15, 16}, 30'000);
  CHECK(check_joined(encode_batches(5, 20, events.encoded), 5, 20) == std::vector<std::size_t>{3, 2});
}

TEST_CASE("an event larger than a batch is a batch of its own") {
  const Events events({5, 6, 7}, 200'000);
  CHECK(check_joined(encode_batches(5, 7, events.encoded), 5, 7) == std::vector<std::size_t>{1, 1, 1});
  CHECK(check_joined(encode_batches(5, 8, events.encoded), 5, 8) == std::vector<std::size_t>{1, 1, 1});
}

TEST_CASE("encode_batch never splits, whatever the size") {
  const Events events({5, 6, 7}, 200'000);
  CHECK(check_joined({encode_batch(5, 9, events.encoded)}, 5, 9) == std::vector<std::size_t>{3});
  CHECK(encode_batch(5, 9, {}) == R"({"type":"events","from":5,"to":9,"events":[]})");
}

TEST_CASE("a batch of no events has the position after the last event") {
  const std::vector<std::string> encoded{R"({"kind":"left","nvr_id":1})", R"({"kind":"left","nvr_id":2})"};
  CHECK(encode_batch_of_none(17, encoded) ==
        R"({"type":"events","from":18,"to":17,"events":[{"kind":"left","nvr_id":1},{"kind":"left","nvr_id":2}]})");
}

TEST_CASE("confirmed") {
  CHECK(encode_confirmed(std::vector<nvrhub::fleet::NvrId>{7}) == R"({"type":"confirmed","nvr_ids":[7]})");
  CHECK(encode_confirmed(std::vector<nvrhub::fleet::NvrId>{7, 4'000'000'000}) ==
        R"({"type":"confirmed","nvr_ids":[7,4000000000]})");
}
