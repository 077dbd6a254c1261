#include "net/http/proxied_client.hpp"

#include <chrono>
#include <utility>

#include "net/http/forwarded.hpp"

namespace nvrhub::net {

ProxiedClient::ProxiedClient(HttpContext& context, boost::asio::ip::address peer)
    : context_(context), peer_(std::move(peer)), is_proxied_(context.admission.limits.trusted_proxies.contains(peer_)) {
}

bool ProxiedClient::expects_preamble() const {
  return is_proxied_ && context_.admission.limits.proxy_header == ProxyHeader::proxy_protocol;
}

bool ProxiedClient::take(const ProxyPreamble& preamble, boost::asio::ip::address& client) {
  using State = ProxyProtocolParser::State;
  const ProxyProtocolParser& parser = preamble.parser;
  switch (parser.state()) {
  case State::done:
    client = parser.client().value_or(peer_);
    return true;
  case State::absent:
    report("refused: a connection did not begin with a PROXY header");
    refusal_ = "this connection did not begin with a PROXY protocol header, which --proxy-header proxy-protocol "
               "requires of every --trust-proxy address: let the proxy send one (HAProxy: send-proxy-v2)";
    return true;
  case State::wrong:
    report("closed: a PROXY header is wrong", parser.error());
    return false;
  case State::incomplete:
    if (parser.has_begun()) report("closed: a connection did not complete its PROXY header");
    return false; // without a byte: a balancer tried whether the port is open
  }
  return false;
}

bool ProxiedClient::admit(const HttpRequest& request, boost::asio::ip::address& client) {
  if (!is_proxied_) return true;
  const ConnectionLimits& limits = context_.admission.limits;
  if (limits.proxy_header != ProxyHeader::proxy_protocol) {
    const ForwardedClient found = forwarded_client(request, limits.proxy_header, limits.trusted_proxies);
    if (!found.unreadable.empty())
      report("the client counts as the proxy: its address cannot be read", found.unreadable);
    client = found.address.value_or(peer_);
  }
  return is_within_rate(client);
}

bool ProxiedClient::is_within_rate(const boost::asio::ip::address& client) {
  if (rated_ == client) return true;
  Admission& admission = context_.admission;
  const bool is_within =
      admission.rates.take(client, admission.limits.connection_rate, std::chrono::steady_clock::now());
  if (is_within) {
    rated_ = client;
    return true;
  }
  context_.counters.local().refused.add();
  context_.api.shared->log(actors::Level::warn, "connection_rate",
                           "connection refused: its address exceeds --connection-rate",
                           {{"address", client.to_string()}});
  return false;
}

void ProxiedClient::report(const std::string& what, const std::string& value) {
  context_.counters.local().proxy_headers_unreadable.add();
  const actors::Log& log = context_.api.shared->log;
  if (value.empty()) return log(actors::Level::warn, "proxy_header", what, {{"proxy", peer_.to_string()}});
  log(actors::Level::warn, "proxy_header", what, {{"proxy", peer_.to_string()}, {"value", value}});
}

} // namespace nvrhub::net
