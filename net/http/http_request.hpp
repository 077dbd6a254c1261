#pragma once

#include <string>

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

namespace nvrhub::net {

using HttpRequest = boost::beast::http::request<boost::beast::http::string_body>;

/// The value of a header; empty: it is absent.
inline std::string header(const HttpRequest& request, boost::beast::http::field name) {
  const auto value = request[name];
  return {value.data(), value.size()};
}

} // namespace nvrhub::net
