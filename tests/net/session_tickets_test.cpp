#include "net/tls/session_tickets.hpp"

#include <openssl/x509_vfy.h>

#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "net/support/tls_peer.hpp"

using namespace nvrhub::net;
using namespace nvrhub::net::test;
using namespace std::chrono_literals;

namespace {

struct FreeSession {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using Session = std::unique_ptr<SSL_SESSION, FreeSession>;

struct Outcome {
  bool established = false;
  bool resumed = false;
  Session session; // with the newest ticket
};

struct Fixture {
  Identity authority{"authority", nullptr, "EC", true};
  Identity identity{"server"};
  Identity recorder{"recorder", &authority};
  TicketKeys::Clock::time_point now{1000h};
  std::shared_ptr<TicketKeys> keys = std::make_shared<TicketKeys>([this] { return now; });
  SslContext context = make_context();

  SslContext make_context(bool trusts = true) const {
    SslContext made = server_context(identity);
    if (trusts) X509_STORE_add_cert(SSL_CTX_get_cert_store(made.get()), authority.certificate.get());
    SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER, nullptr);
    use_session_tickets(made.get(), keys);
    return made;
  }
  Outcome connect(SSL_CTX* to, int version, const Session& session = {}, bool has_certificate = true) const {
    TlsPair pair(to, version, has_certificate ? &recorder : nullptr, session.get());
    pair.handshake();
    SSL_set_shutdown(pair.client.native(), SSL_SENT_SHUTDOWN); // else OpenSSL drops the session with the connection
    return {pair.server.is_established() && pair.client.is_established(), SSL_session_reused(pair.server.native()) == 1,
            Session(SSL_get1_session(pair.client.native()))};
  }
};

} // namespace

TEST_CASE("session tickets: a client resumes its session, also on a new context with the same keys", "[tls]") {
  const Fixture fixture;
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const bool has_certificate = GENERATE(true, false);
  CAPTURE(version, has_certificate);
  Outcome last = fixture.connect(fixture.context.get(), version, {}, has_certificate);
  REQUIRE(last.established);
  CHECK_FALSE(last.resumed);
  for (int i = 0; i < 3; ++i) {
    const SslContext reloaded = fixture.make_context();
    last = fixture.connect(reloaded.get(), version, last.session, has_certificate);
    CHECK(last.established);
    CHECK(last.resumed);
  }
}

TEST_CASE("session tickets: a resumed session has the certificate of the client", "[tls]") {
  const Fixture fixture;
  const Outcome first = fixture.connect(fixture.context.get(), TLS1_3_VERSION);
  TlsPair pair(fixture.context.get(), TLS1_3_VERSION, nullptr, first.session.get());
  pair.handshake();
  CHECK(SSL_session_reused(pair.server.native()) == 1);
  CHECK(peer_names(pair.server.native()) == std::vector<std::string>{"localhost"});
}

TEST_CASE("session tickets: one ticket a connection", "[tls]") {
  const Fixture fixture;
  CHECK(SSL_CTX_get_num_tickets(fixture.context.get()) == 1);
  CHECK(SSL_CTX_get_max_early_data(fixture.context.get()) == 0);
}

TEST_CASE("session tickets: the former key is accepted and the ticket replaced, older ones are not", "[tls]") {
  Fixture fixture;
  const auto name = fixture.keys->current()->name;
  fixture.now += TicketKeys::lifetime - 1s;
  CHECK(fixture.keys->current()->name == name);
  fixture.now += 1s;
  REQUIRE(fixture.keys->find(name.data()));
  CHECK(fixture.keys->find(name.data())->is_former);
  CHECK(fixture.keys->current()->name != name);
  CHECK(fixture.keys->find(name.data())->is_former);
  fixture.now += TicketKeys::lifetime;
  CHECK_FALSE(fixture.keys->find(name.data()));
}

TEST_CASE("session tickets: a key that was not used for a day is forgotten", "[tls]") {
  Fixture fixture;
  const auto name = fixture.keys->current()->name;
  fixture.now += 2 * TicketKeys::lifetime;
  CHECK_FALSE(fixture.keys->find(name.data()));
  CHECK(fixture.keys->current()->name != name);
}

TEST_CASE("session tickets: tickets of other keys lead to a full handshake", "[tls]") {
  Fixture fixture;
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const Outcome first = fixture.connect(fixture.context.get(), version);
  fixture.keys = std::make_shared<TicketKeys>();
  const SslContext other = fixture.make_context();
  const Outcome second = fixture.connect(other.get(), version, first.session);
  CHECK(second.established);
  CHECK_FALSE(second.resumed);
}

TEST_CASE("session tickets: a certificate that has expired does not get in with a ticket", "[tls]") {
  const Fixture fixture;
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const Outcome first = fixture.connect(fixture.context.get(), version);
  REQUIRE(first.established);
  X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(SSL_CTX_get_cert_store(fixture.context.get())),
                             std::time(nullptr) + 400 * 24 * 3600);
  CHECK_FALSE(fixture.connect(fixture.context.get(), version, first.session).established);
}

TEST_CASE("session tickets: a certificate that is no longer trusted does not get in with a ticket", "[tls]") {
  const Fixture fixture;
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const Outcome first = fixture.connect(fixture.context.get(), version);
  REQUIRE(first.established);
  const SslContext reloaded = fixture.make_context(false);
  CHECK_FALSE(fixture.connect(reloaded.get(), version, first.session).established);
}
