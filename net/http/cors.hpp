#pragma once

#include <optional>
#include <string>

#include "net/http/http_request.hpp"
#include "net/http/http_response.hpp"
#include "net/options.hpp"

namespace nvrhub::net {

/// Which headers let a page of another origin that --allow-origin names read an answer (the Fetch standard, "CORS
/// protocol"). Access-Control-Allow-Credentials is never among them: there are no cookies, and a token that a page
/// sends does not need it.
class Cors {
public:
  Cors() = default;
  Cors(const HttpRequest& request, const OriginOptions& options, bool is_anonymous);

  /// The answer to a preflight, by which a browser asks what an allowed page may send; nothing: this is none, or none
  /// of an allowed page.
  std::optional<api::Response> preflight_answer() const;
  /// Adds the headers to the answer of this request.
  void add_to(HttpResponse& response) const;

private:
  std::string origin_;            // of an allowed page; empty: none
  bool varies_ = false;           // answers differ by origin
  bool is_preflight_ = false;     // of an allowed page
  std::string requested_headers_; // by the preflight
  bool asks_for_private_network_ = false;
};

} // namespace nvrhub::net
