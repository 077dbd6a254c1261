#include "net/http/host_and_port.hpp"

#include <algorithm>

#include <boost/url/authority_view.hpp>
#include <boost/url/parse.hpp>

namespace nvrhub::net {

namespace {

/// A name that begins like an IPv4 address, such as 127.0.0.1.example, which Boost.URL 1.81 does not parse.
bool is_name_and_port(std::string_view text) {
  constexpr std::string_view digits = "0123456789";
  static constexpr std::string_view marks = "-._~!$&'()*+,;=%";
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const bool has_port = colon != std::string_view::npos;
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != std::string_view::npos;
  }) && (!has_port || text.find_first_not_of(digits, colon + 1) == std::string_view::npos);
}

} // namespace

bool is_host_and_port(std::string_view text) {
  const auto parsed = boost::urls::parse_authority({text.data(), text.size()});
  return parsed ? !parsed->has_userinfo() && !parsed->encoded_host().empty() : is_name_and_port(text);
}

} // namespace nvrhub::net
