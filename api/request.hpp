#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/grant.hpp"
#include "api/target.hpp"

namespace nvrhub::api {

/// The values of the {parameters} in a route's path, percent-decoded.
class PathParameters {
public:
  /// `name` must outlive this.
  void add(std::string_view name, std::string value) { values_.emplace_back(name, std::move(value)); }
  /// Null: the route has no such parameter.
  const std::string* find(std::string_view name) const {
    for (const auto& [known, value] : values_) {
      if (known == name) return &value;
    }
    return nullptr;
  }
  /// REQUIRES: the route has this parameter.
  const std::string& operator[](std::string_view name) const {
    if (const std::string* value = find(name)) return *value;
    throw std::out_of_range("the route has no path parameter " + std::string(name));
  }
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }

private:
  std::vector<std::pair<std::string_view, std::string>> values_;
};

struct Request {
  std::string method; // "GET"
  Target target;
  std::string body;
  std::string accept_encoding{};
  std::string if_none_match{};
  std::string accept{};
  access::GrantPtr grant{}; // null: no valid token
  PathParameters path{};    // set by the router
};

/// The rest of a body that is too large to be held at once: it is made piece by piece, as fast as the client reads.
/// THREADS: next() is called on the connection's thread, again only after the last piece was taken.
class BodyStream {
public:
  virtual ~BodyStream() = default;
  /// Calls `take` once, on any thread: with the next piece; with an empty one at the end; with nothing if it can't be
  /// made: the answer is cut off then, which the client sees.
  virtual void next(std::function<void(std::optional<std::string>)> take) = 0;
  /// False: the caller has shown something else than a token, so that none has to stay valid.
  virtual bool needs_token() const { return true; }
};

struct Response {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::string allow{};   // with 405
  int retry_after_s = 0; // with 503
  std::string cache_control = "no-store";
  std::string content_encoding{}; // of a body that has one
  std::string etag{};
  std::string security_policy{};      // of a page
  std::string disposition{};          // of a file to be saved
  std::string link{};                 // to the next page, of a CSV list
  std::string authenticate{};         // with 401
  std::size_t route = 0;              // index into NetCounters::routes
  std::shared_ptr<BodyStream> rest{}; // what follows `body`; null: nothing
};

/// Receives the response, once, on any thread.
using Respond = std::function<void(Response)>;

/// `field` names the parameter or body field that is wrong; empty: none.
Response error_response(int status, std::string_view code, std::string_view message, std::string_view field = {});

} // namespace nvrhub::api
