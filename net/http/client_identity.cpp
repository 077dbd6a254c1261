#include "net/http/client_identity.hpp"

#include <string_view>

#include <boost/beast/core/string.hpp>

namespace nvrhub::net {

namespace http = boost::beast::http;

std::string take_token(const HttpRequest& request, api::Target& target) {
  const auto in_target = target.params.extract("token");
  const std::string credentials = header(request, http::field::authorization);
  constexpr std::string_view scheme = "bearer ";
  if (boost::beast::iequals(credentials.substr(0, scheme.size()), scheme)) {
    const std::size_t begin = credentials.find_first_not_of(' ', scheme.size());
    return begin == std::string::npos ? "" : credentials.substr(begin);
  }
  return in_target.empty() ? "" : in_target.mapped();
}

} // namespace nvrhub::net
