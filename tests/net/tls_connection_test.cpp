#include "net/tls/tls_connection.hpp"

#include <boost/asio/ssl/error.hpp>
#include <openssl/err.h>
#include <openssl/sslerr.h>

#include <random>
#include <string>
#include <vector>

#include "net/support/tls_peer.hpp"
#include "net/tls/tls_io.hpp"

using namespace nvrhub::net;
using namespace nvrhub::net::test;
namespace asio = boost::asio;

namespace {

constexpr std::size_t most_unsent = 128 * 1024;

std::string random_text(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::string text(size, '\0');
  for (char& c : text)
    c = static_cast<char>('a' + random() % 26);
  return text;
}

struct Fixture {
  Identity identity{"server"};
  SslContext context = server_context(identity);
};

} // namespace

TEST_CASE("tls connection: handshake and data that come byte by byte", "[tls]") {
  const Fixture fixture;
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  TlsPair pair(fixture.context.get(), version);
  pair.handshake(1);
  REQUIRE(pair.server.is_established());
  REQUIRE(pair.client.is_established());
  pair.client.write("hello");
  CHECK(pair.exchange(1) == "hello");
  CHECK(pair.write("world") == 5);
  pair.exchange();
  CHECK(pair.got == "world");
}

TEST_CASE("tls connection: records that are split anywhere, of two connections in turn", "[tls]") {
  const Fixture fixture;
  std::vector<std::unique_ptr<TlsPair>> pairs;
  std::vector<std::string> sent, ciphertext, read(2);
  for (unsigned i = 0; i < 2; ++i) {
    pairs.push_back(std::make_unique<TlsPair>(fixture.context.get(), i == 0 ? TLS1_2_VERSION : TLS1_3_VERSION));
    pairs[i]->handshake();
    REQUIRE(pairs[i]->server.is_established());
    sent.push_back(random_text(300'000, i));
    for (std::size_t at = 0, size = 1; at < sent[i].size(); at += size, size = std::min<std::size_t>(size * 3, 50'000))
      pairs[i]->client.write(sent[i].substr(at, size));
    ciphertext.push_back(pairs[i]->client.take_output());
  }
  std::mt19937 random(7);
  std::vector<std::size_t> at(2);
  while (at[0] < ciphertext[0].size() || at[1] < ciphertext[1].size()) {
    const std::size_t which = random() % 2;
    const std::string piece =
        ciphertext[which].substr(std::min(at[which], ciphertext[which].size()), random() % 40'000);
    at[which] += piece.size();
    if (!piece.empty()) pairs[which]->send_raw(piece);
    read[which] += pairs[which]->read();
  }
  CHECK(read == sent);
}

TEST_CASE("tls connection: small frames share a record", "[tls]") {
  const Fixture fixture;
  TlsPair pair(fixture.context.get());
  pair.handshake();
  std::vector<std::string> frames(64, "0123456789");
  std::vector<iovec> all;
  for (std::string& frame : frames)
    all.push_back({frame.data(), frame.size()});
  boost::system::error_code error;
  CHECK(pair.server.write_some(pair.ours.descriptor(), all, error) == 640);
  const std::string ciphertext = pair.receive_raw();
  CHECK(ciphertext.size() < 640 + 64);
  CHECK(pair.client.receive(ciphertext).size() == 640);
}

TEST_CASE("tls connection: a peer that does not read blocks it, and loses nothing", "[tls]") {
  const Fixture fixture;
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  TlsPair pair(fixture.context.get(), version);
  pair.handshake();
  const std::string text = random_text(3'000'000);
  std::size_t at = 0;
  std::size_t blocked = 0;
  for (int rounds = 0; at < text.size() && rounds < 10'000; ++rounds) {
    std::string rest = text.substr(at, 200'000);
    std::string begin = rest.substr(0, 10);
    std::vector<iovec> frames{{begin.data(), begin.size()},
                              {rest.data() + 10, rest.size() - std::min<std::size_t>(10, rest.size())}};
    if (rest.size() <= 10) frames.resize(1);
    const std::size_t count = pair.server.write_some(pair.ours.descriptor(), frames, pair.error);
    at += count;
    CHECK(pair.server.unsent_bytes() < most_unsent);
    if (pair.error != asio::error::would_block) {
      REQUIRE_FALSE(pair.error);
      continue;
    }
    CHECK(count == 0);
    ++blocked;
    pair.got += pair.client.receive(pair.receive_raw());
  }
  REQUIRE(at == text.size());
  for (int rounds = 0; pair.server.unsent_bytes() > 0 && rounds < 100; ++rounds) {
    pair.got += pair.client.receive(pair.receive_raw());
    pair.server.flush(pair.ours.descriptor(), pair.error);
  }
  pair.got += pair.client.receive(pair.receive_raw());
  CHECK(blocked > 0);
  CHECK(pair.got == text);
}

TEST_CASE("tls connection: a peer that requests key updates for ever is disconnected", "[tls]") {
  const Fixture fixture;
  TlsPair pair(fixture.context.get());
  pair.handshake();
  const bool one_by_one = GENERATE(true, false);
  for (int updates = 0; updates < 200'000 && (!pair.error || pair.error == asio::error::would_block); ++updates) {
    REQUIRE(SSL_key_update(pair.client.native(), SSL_KEY_UPDATE_REQUESTED) == 1);
    if (one_by_one)
      REQUIRE(SSL_do_handshake(pair.client.native()) == 1);
    else
      pair.client.write("a"); // data does not change it
    if (!one_by_one && updates % 32 != 0) continue;
    pair.send_raw(pair.client.take_output());
    pair.read();
    REQUIRE(pair.server.unsent_bytes() < most_unsent);
  }
  CHECK(pair.error == asio::error::connection_aborted);
}

TEST_CASE("tls connection: key updates of a peer that reads are answered", "[tls]") {
  const Fixture fixture;
  TlsPair pair(fixture.context.get());
  pair.handshake();
  const std::string text = random_text(2000);
  for (int i = 0; i < 500; ++i) {
    REQUIRE(SSL_key_update(pair.client.native(), SSL_KEY_UPDATE_REQUESTED) == 1);
    pair.client.write(text);
    REQUIRE(pair.exchange() == text);
    REQUIRE(pair.write("b") == 1);
    pair.exchange();
  }
  CHECK(pair.got == std::string(500, 'b'));
  CHECK(pair.server.unsent_bytes() == 0);
}

TEST_CASE("tls connection: close_notify is the end, a close without it an error", "[tls]") {
  const Fixture fixture;
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  TlsPair pair(fixture.context.get(), version);
  pair.handshake();
  SECTION("after data in the same packet") {
    pair.client.write("last");
    SSL_shutdown(pair.client.native());
    CHECK(pair.exchange() == "last");
    CHECK(pair.error == asio::error::eof);
    pair.read();
    CHECK(pair.error == asio::error::eof);
  }
  SECTION("without it") {
    pair.client.write("last");
    pair.send_raw(pair.client.take_output());
    pair.theirs.close();
    CHECK(pair.read() == "last");
    CHECK(pair.error == asio::error::connection_aborted);
  }
  SECTION("within a record") {
    pair.client.write("last");
    pair.send_raw(pair.client.take_output().substr(0, 10));
    pair.theirs.close();
    CHECK(pair.read().empty());
    CHECK(pair.error == asio::error::connection_aborted);
  }
  SECTION("ours") {
    pair.server.close_notify();
    pair.server.close_notify();
    pair.server.flush(pair.ours.descriptor(), pair.error);
    pair.exchange();
    CHECK(pair.client.was_told_end());
  }
}

TEST_CASE("tls connection: garbage ends it with an alert, and it is not used after that", "[tls]") {
  const Fixture fixture;
  TlsPair pair(fixture.context.get());
  pair.handshake();
  pair.client.write("good");
  std::string bytes = pair.client.take_output();
  pair.client.write("bad");
  std::string bad = pair.client.take_output();
  bad.back() = static_cast<char>(bad.back() ^ 1);
  pair.send_raw(bytes + bad);
  CHECK(pair.read() == "good");
  CHECK(pair.error.category() == asio::error::get_ssl_category());
  CHECK(ERR_peek_error() == 0);
  CHECK_FALSE(pair.receive_raw().empty());
  CHECK(pair.write("text") == 0);
  CHECK(pair.error);
  pair.read();
  CHECK(pair.error);
  pair.server.close_notify();
  CHECK(pair.server.unsent_bytes() == 0);
}

TEST_CASE("tls connection: plain HTTP fails with an error of its own", "[tls]") {
  const Fixture fixture;
  const auto reason = [&](const std::string& bytes) {
    TlsPair pair(fixture.context.get());
    pair.send_raw(bytes);
    pair.read();
    CHECK_FALSE(pair.server.is_established());
    return ERR_GET_REASON(static_cast<unsigned long>(pair.error.value()));
  };
  CHECK(reason("GET / HTTP/1.1\r\n\r\n") == SSL_R_HTTP_REQUEST);
  CHECK(reason(random_text(40'000)) == SSL_R_WRONG_VERSION_NUMBER);
}

TEST_CASE("tls connection: a peer that is gone is an error of a write, not a signal", "[tls]") {
  const Fixture fixture;
  TlsPair pair(fixture.context.get());
  pair.handshake();
  pair.theirs.close();
  CHECK(pair.write("text") == 0);
  CHECK(pair.error == asio::error::broken_pipe);
  CHECK(pair.server.unsent_bytes() == 0);
  pair.server.flush(pair.ours.descriptor(), pair.error);
  CHECK(pair.error == asio::error::broken_pipe);
}
