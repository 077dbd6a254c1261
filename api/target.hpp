#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nvrhub::api {

/// A request target, percent-decoded: "/api/v1/nvrs/a%2Fb?limit=5" has segments api, v1, nvrs, "a/b".
struct Target {
  std::vector<std::string> segments;
  std::map<std::string, std::string, std::less<>> params; // the last value of a repeated one
  std::string repeated_param;                             // the name of one; calls that change something refuse it
  bool has_empty_segment = false; // the path ends with a slash or contains two in a row: calls that change refuse it

  std::string path() const; // for messages
};

/// Nothing if it is malformed or does not decode to UTF-8. One trailing slash is ignored. Characters that clients send
/// although they should be percent-encoded ("[", "|", non-ASCII) stand for themselves. "." and ".." are segments like
/// others: a server must not resolve them.
std::optional<Target> parse_target(std::string_view text);

} // namespace nvrhub::api
