#include "notify/signature.hpp"

#include <catch2/catch.hpp>

#include "notify/base64.hpp"

using namespace nvrhub::notify;

using Headers = std::vector<std::string>;

TEST_CASE("signature: the vector of the specification of Standard Webhooks") {
  const auto key = decode_signing_key(Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
  REQUIRE(key);
  const auto headers = webhook_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})", *key);
  CHECK(headers == Headers{"webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp: 1614265330",
                           "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="});
}

TEST_CASE("signature: without a key the message is still recognisable") {
  CHECK(webhook_headers("msg_1", 5, "x", Secret()) == Headers{"webhook-id: msg_1", "webhook-timestamp: 5"});
}

TEST_CASE("signature: a key is whsec_ and the base64 of 24 to 64 bytes") {
  const auto key_of = [](std::size_t bytes) { return Secret("whsec_" + to_base64(std::string(bytes, 'k'))); };
  CHECK(decode_signing_key(key_of(24)).value_or(Secret()).reveal() == std::string(24, 'k'));
  CHECK(decode_signing_key(key_of(64)));
  CHECK_FALSE(decode_signing_key(key_of(23)));
  CHECK_FALSE(decode_signing_key(key_of(65)));
  CHECK_FALSE(decode_signing_key(Secret("")));
  CHECK_FALSE(decode_signing_key(Secret("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")));
  CHECK_FALSE(decode_signing_key(Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La-_Sw")));
}

TEST_CASE("base64: every length, with and without padding") {
  for (std::size_t size = 0; size < 70; ++size) {
    const std::string bytes(size, '\xF7');
    std::string text = to_base64(bytes);
    CHECK(text.size() % 4 == 0);
    CHECK(from_base64(text) == bytes);
    text.erase(text.find_last_not_of('=') + 1);
    CHECK(from_base64(text) == bytes);
  }
  CHECK(to_base64("foob") == "Zm9vYg==");
  for (const char* wrong : {"A", "AAAAA", "A=AA", "AA A", "AA\n", "????"})
    CHECK_FALSE(from_base64(wrong));
}
