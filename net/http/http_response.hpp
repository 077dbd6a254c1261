#pragma once

#include <chrono>
#include <memory>

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "api/request.hpp"

namespace nvrhub::net {

using HttpResponse = boost::beast::http::response<boost::beast::http::string_body>;

/// What the connection adds to an answer of the API.
struct ResponseOptions {
  bool is_tls = false;
  bool is_head = false;         // the answer to HEAD has no body
  bool is_chunked = false;      // the body is followed by further pieces, and the client knows chunks (HTTP/1.1)
  bool keep_alive = false;      // the connection stays open
  std::chrono::seconds idle{0}; // for so long without a further request
  std::chrono::system_clock::time_point now;
};

/// The response as it is sent, without CORS headers.
std::shared_ptr<HttpResponse> make_response(api::Response answer, const ResponseOptions& options);

} // namespace nvrhub::net
