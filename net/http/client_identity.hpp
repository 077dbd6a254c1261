#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "access/grant.hpp"
#include "api/target.hpp"
#include "net/http/http_request.hpp"

namespace nvrhub::net {

/// An access token and what it grants. The token is hashed once, and again only if the server's tokens have changed: a
/// token that is revoked while a request is being received does not admit that request.
class TokenGrant {
public:
  TokenGrant() = default;
  explicit TokenGrant(std::string token) : token_(std::move(token)) {}

  /// Empty: none was sent.
  const std::string& token() const { return token_; }

  /// What the token grants now; null: nothing. `Guard` is access::Guard, or a test's.
  template <class Guard>
  const access::GrantPtr& grant(const Guard& guard) {
    // The generation is read first: if the tokens change in between, the next call hashes again.
    const std::uint64_t generation = guard.generation();
    if (generation_ != generation) {
      grant_ = guard.admit(token_);
      generation_ = generation;
    }
    return grant_;
  }

private:
  std::string token_;
  access::GrantPtr grant_;
  std::optional<std::uint64_t> generation_; // of the guard when grant_ was read
};

/// What is known of the client of a connection.
struct ClientIdentity {
  boost::asio::ip::address address;
  TokenGrant credential{};                         // of the last request
  std::optional<std::vector<std::string>> names{}; // of the TLS certificate that the client presented
};

/// The token of a request (protocol.md, "Access control"): `Authorization: Bearer`, else `?token=`. Removes the latter
/// from `target`, so that it cannot appear in a log or an answer.
std::string take_token(const HttpRequest& request, api::Target& target);

} // namespace nvrhub::net
