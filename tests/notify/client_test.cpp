#include "notify/client.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <future>

#include "notify/support/receiver.hpp"

using namespace nvrhub::notify;
using namespace nvrhub::notify::testing;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 60s;

Request post_to(const std::string& url, bool allow_private = true) {
  Request request;
  request.url = Secret(url);
  request.body = "{}";
  request.headers = {"Content-Type: application/json"};
  request.transport.allow_private = allow_private;
  return request;
}

Request mail_to(const std::string& port) {
  Request request;
  request.url = Secret("smtp://127.0.0.1:" + port);
  request.starttls = StartTls::none;
  request.mail_from = "a@hub.example";
  request.mail_to = {"b@x.example"};
  request.body = "Subject: x\r\n\r\n.\r\ntext\r\n";
  request.transport.allow_private = true;
  return request;
}

std::future<Outcome> start(Client& client, Request request) {
  auto promise = std::make_shared<std::promise<Outcome>>();
  auto future = promise->get_future();
  client.send(std::move(request), [promise](Outcome outcome) { promise->set_value(std::move(outcome)); });
  return future;
}

Outcome wait(std::future<Outcome> future) {
  REQUIRE(future.wait_for(patience) == std::future_status::ready);
  return future.get();
}

Outcome send(Request request, const Client::Limits& limits = {}) {
  Client client(limits);
  return wait(start(client, std::move(request)));
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// An SMTP server that takes a mail and then does `end`.
std::function<void(const Receiver::Peer&)> smtp(std::function<void(const Receiver::Peer&)> end) {
  return [end = std::move(end)](const Receiver::Peer& peer) {
    peer.say("220 mail.example\r\n");
    peer.hear("\r\n");
    peer.say("250 mail.example\r\n");
    for (int i = 0; i < 2; ++i) { // MAIL, RCPT
      peer.hear("\r\n");
      peer.say("250 ok\r\n");
    }
    peer.hear("DATA\r\n");
    peer.say("354 go on\r\n");
    peer.hear("\r\n.\r\n");
    peer.say("250 queued as 17\r\n");
    peer.hear("QUIT\r\n");
    end(peer);
  };
}

} // namespace

TEST_CASE("client: a 2xx is a delivery, with the begin of the answer") {
  const Receiver receiver(http_answer("202 Accepted", "thanks\x1B[31m\r\nsecond\tline"));
  const Outcome outcome = send(post_to("http://127.0.0.1:" + receiver.port()));
  CHECK(outcome.error == "");
  CHECK(outcome.delivered);
  CHECK(outcome.status == 202);
  CHECK(outcome.reply == "thanks [31m\nsecond line");
}

TEST_CASE("client: another status is none, and Retry-After is read") {
  const Receiver receiver(http_answer("503 Service Unavailable\r\nRetry-After: 120", "later"));
  const Outcome outcome = send(post_to("http://127.0.0.1:" + receiver.port()));
  CHECK_FALSE(outcome.delivered);
  CHECK(outcome.error == "the receiver answered 503");
  CHECK(outcome.retry_after == 120s);
}

TEST_CASE("client: a redirect is not followed, and its target is shown without its path") {
  const Receiver other(http_answer("200 OK"));
  const Receiver receiver(http_answer("302 Found\r\nLocation: http://127.0.0.1:" + other.port() + "/secret"));
  const Outcome outcome = send(post_to("http://127.0.0.1:" + receiver.port()));
  CHECK_FALSE(outcome.delivered);
  CHECK(outcome.status == 302);
  CHECK(contains(outcome.error, "a redirect to http://127.0.0.1:" + other.port() + ", which is not followed"));
  CHECK(other.connections() == 0);
}

TEST_CASE("client: an address that is not public is not connected to, by address or name") {
  const Receiver receiver(http_answer("200 OK"));
  for (const char* host :
       {"127.0.0.1", "localhost", "0x7f000001", "2130706433", "127.1", "[::ffff:127.0.0.1]", "0.0.0.0"}) {
    INFO(host);
    const Outcome outcome = send(post_to(std::string("http://") + host + ":" + receiver.port(), false));
    CHECK_FALSE(outcome.delivered);
    CHECK(contains(outcome.error, "not connected to "));
    CHECK(contains(outcome.error, "set allow-private = true"));
  }
  CHECK(receiver.connections() == 0);
}

TEST_CASE("client: a kept connection of a channel that may does not serve one that may not") {
  const Receiver receiver(http_answer("200 OK"));
  Client client;
  CHECK(wait(start(client, post_to("http://127.0.0.1:" + receiver.port()))).delivered);
  CHECK_FALSE(wait(start(client, post_to("http://127.0.0.1:" + receiver.port(), false))).delivered);
  CHECK(receiver.connections() == 1);
}

TEST_CASE("client: proxies of the environment are not used, that of the channel is") {
  const Receiver receiver(http_answer("200 OK", "receiver")), proxy(http_answer("200 OK", "proxy"));
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"})
    ::setenv(name, ("http://127.0.0.1:" + proxy.port()).c_str(), 1);
  ::setenv("no_proxy", "*", 1);
  Request request = post_to("http://127.0.0.1:" + receiver.port());
  const Outcome direct = send(request);
  request.url = Secret("http://host.invalid");
  request.transport.proxy = Secret("http://127.0.0.1:" + proxy.port());
  const Outcome proxied = send(request);
  request.transport.allow_private = false;
  const Outcome refused = send(request);
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy"})
    ::unsetenv(name);
  CHECK(direct.reply == "receiver");
  CHECK(proxied.reply == "proxy");
  CHECK(contains(refused.error, "the proxy: not connected to 127.0.0.1"));
}

TEST_CASE("client: an endless answer is cut") {
  const Receiver receiver([](const Receiver::Peer& peer) {
    peer.hear("{}");
    peer.say("HTTP/1.1 200 OK\r\n\r\n");
    for (int i = 0; i < 1'000; ++i)
      peer.say(std::string(1'000, 'x'));
    peer.hang();
  });
  const Outcome outcome = send(post_to("http://127.0.0.1:" + receiver.port()));
  CHECK(outcome.delivered);
  CHECK(outcome.reply.size() <= 2'048);
}

TEST_CASE("client: a receiver that hangs ends by the time limit and delays no other") {
  const Receiver hanging([](const Receiver::Peer& peer) { peer.hang(); });
  const Receiver receiver(http_answer("200 OK"));
  Client::Limits limits;
  limits.total = 3s;
  Client client(limits);
  auto hung = start(client, post_to("http://127.0.0.1:" + hanging.port()));
  CHECK(wait(start(client, post_to("http://127.0.0.1:" + receiver.port()))).delivered);
  const Outcome outcome = wait(std::move(hung));
  CHECK_FALSE(outcome.delivered);
  CHECK(contains(outcome.error, "timed out"));
}

TEST_CASE("client: what cannot be reached has an error without the path of the URL") {
  for (const char* url : {"http://127.0.0.1:1/secret", "http://host.invalid/secret", "https://127.0.0.1:1/secret"}) {
    const Outcome outcome = send(post_to(url));
    CHECK_FALSE(outcome.delivered);
    CHECK(outcome.status == 0);
    CHECK(outcome.error != "");
    CHECK_FALSE(contains(outcome.error, "secret"));
  }
}

TEST_CASE("client: other schemes are refused") {
  for (const char* url : {"file:///etc/passwd", "gopher://127.0.0.1", "smtp://127.0.0.1"})
    CHECK(contains(send(post_to(url)).error, "not supported"));
}

TEST_CASE("client: the end of the client does not wait for a receiver") {
  const Receiver hanging([](const Receiver::Peer& peer) { peer.hang(); });
  auto client = std::make_unique<Client>();
  auto hung = start(*client, post_to("http://127.0.0.1:" + hanging.port()));
  while (hanging.connections() == 0)
    std::this_thread::sleep_for(1ms);
  client.reset();
  CHECK_THROWS_AS(hung.get(), std::future_error); // never called back
}

TEST_CASE("client: further transfers than the limit fail at once") {
  const Receiver hanging([](const Receiver::Peer& peer) { peer.hang(); });
  Client::Limits limits;
  limits.max_transfers = 1;
  Client client(limits);
  auto hung = start(client, post_to("http://127.0.0.1:" + hanging.port()));
  CHECK(wait(start(client, post_to("http://127.0.0.1:" + hanging.port()))).error ==
        "more than 1 transfers at the same time");
}

TEST_CASE("client: a mail is delivered, dots at the begin of lines included") {
  std::string mail;
  const Receiver receiver([&](const Receiver::Peer& peer) {
    peer.say("220 mail.example\r\n");
    peer.hear("\r\n");
    peer.say("250-mail.example\r\n250 SIZE\r\n");
    mail += peer.hear("\r\n");
    peer.say("250 ok\r\n");
    mail += peer.hear("\r\n");
    peer.say("250 ok\r\n");
    peer.hear("DATA\r\n");
    peer.say("354 go on\r\n");
    mail += peer.hear("\r\n.\r\n");
    peer.say("250 queued as 17\r\n");
    peer.hear("QUIT\r\n");
  });
  const Outcome outcome = send(mail_to(receiver.port()));
  CHECK(outcome.error == "");
  CHECK(outcome.delivered);
  CHECK(outcome.status == 250);
  CHECK(contains(outcome.reply, "250 queued as 17"));
  CHECK(contains(mail, "MAIL FROM:<a@hub.example>"));
  CHECK(contains(mail, "RCPT TO:<b@x.example>"));
  CHECK(contains(mail, "\r\n..\r\ntext\r\n.\r\n"));
}

TEST_CASE("client: a mail server that does not answer QUIT delays nothing") {
  const Receiver mail(smtp([](const Receiver::Peer& peer) { peer.hang(); }));
  const Receiver receiver(http_answer("200 OK"));
  Client::Limits limits;
  limits.smtp_reply = 10 * patience;
  Client client(limits);
  CHECK(wait(start(client, mail_to(mail.port()))).delivered);
  CHECK(wait(start(client, post_to("http://127.0.0.1:" + receiver.port()))).delivered);
}

TEST_CASE("client: a mail server without STARTTLS is refused unless it may be") {
  const auto refuse = [](const Receiver::Peer& peer) {
    peer.say("220 mail.example\r\n");
    peer.hear("\r\n");
    peer.say("250 mail.example\r\n");
    peer.hang();
  };
  const Receiver without(refuse);
  Request request = mail_to(without.port());
  request.starttls = StartTls::required;
  const Outcome outcome = send(request);
  CHECK_FALSE(outcome.delivered);
  CHECK(contains(outcome.error, "the server offers no STARTTLS"));
  const Receiver receiver(smtp([](const Receiver::Peer&) {}));
  request = mail_to(receiver.port());
  request.starttls = StartTls::optional;
  CHECK(send(request).delivered);
}

TEST_CASE("client: a refused recipient is an error with the reply of the server") {
  const Receiver receiver([](const Receiver::Peer& peer) {
    peer.say("220 mail.example\r\n");
    peer.hear("\r\n");
    peer.say("250 mail.example\r\n");
    peer.hear("\r\n");
    peer.say("250 ok\r\n");
    peer.hear("\r\n");
    peer.say("550 no such mailbox\r\n");
    peer.hang();
  });
  const Outcome outcome = send(mail_to(receiver.port()));
  CHECK_FALSE(outcome.delivered);
  CHECK(outcome.status == 550);
  CHECK(contains(outcome.reply, "550 no such mailbox"));
}
