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

std::optional<boost::asio::ip::address> forwarded_for(const HttpRequest& request, const Networks& trusted) {
  std::string chain; // each proxy appends an address, to the line or as another line
  const auto lines = request.equal_range("X-Forwarded-For");
  for (auto line = lines.first; line != lines.second; ++line)
    chain.append(chain.empty() ? "" : ",").append(line->value().data(), line->value().size());
  std::optional<boost::asio::ip::address> farthest;
  for (std::size_t end = chain.size(); end > 0;) {
    const std::size_t comma = chain.rfind(',', end - 1);
    std::size_t begin = comma == std::string::npos ? 0 : comma + 1;
    const std::size_t next = comma == std::string::npos ? 0 : comma;
    while (begin < end && chain[begin] == ' ')
      ++begin;
    while (end > begin && chain[end - 1] == ' ')
      --end;
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(chain.substr(begin, end - begin), error);
    if (error) break;
    farthest = unmap_v4(address);
    if (!trusted.contains(*farthest)) break;
    end = next;
  }
  return farthest;
}

} // namespace nvrhub::net
