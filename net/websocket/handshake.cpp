#include "net/websocket/handshake.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <string_view>

#include <openssl/evp.h>

#include "net/http/header_list.hpp"
#include "net/websocket/subprotocol.hpp"

namespace nvrhub::net {

namespace http = boost::beast::http;

namespace {

constexpr std::string_view salt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455, 1.3

/// 16 bytes in base64.
bool is_key(std::string_view text) {
  if (text.size() != 24 || !text.ends_with("==")) return false;
  for (const char c : text.substr(0, 22)) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '+' && c != '/') return false;
  }
  return true;
}

std::string accept_key(std::string_view key) {
  const std::string salted = std::string(key).append(salt);
  std::array<unsigned char, 20> hash{};
  std::array<unsigned char, 32> text{};                                     // 28, and a zero
  static const EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr); // EVP_sha1() would be looked up each time
  EVP_Digest(salted.data(), salted.size(), hash.data(), nullptr, sha1, nullptr);
  const int size = EVP_EncodeBlock(text.data(), hash.data(), static_cast<int>(hash.size()));
  return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(size)};
}

/// 13 is RFC 6455, 8 one of its drafts.
bool is_version(std::string_view text) {
  unsigned version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  return error == std::errc() && end == text.data() + text.size() && (version == 13 || version == 8);
}

} // namespace

void take_draft_origin(HttpRequest& request) {
  constexpr const char* draft = "Sec-WebSocket-Origin";
  if (request.count(draft) == 0 || request.count(http::field::origin) > 0) return;
  request.set(http::field::origin, std::string(request[draft]));
}

tl::expected<std::string, api::Response> accept_websocket(const HttpRequest& request) {
  const auto refuse = [](int status, const std::string& why) {
    return tl::make_unexpected(api::error_response(status, "bad_request", why));
  };
  const auto field = [&request](http::field name) {
    const auto value = request[name];
    return std::string_view(value.data(), value.size());
  };
  if (request.version() >= 11 && request.count(http::field::host) == 0) {
    return refuse(400, "Host: the header is missing");
  }
  if (!is_version(field(http::field::sec_websocket_version))) {
    return refuse(426, "Sec-WebSocket-Version: expected 13 or 8");
  }
  const std::string_view key = field(http::field::sec_websocket_key);
  if (!is_key(key)) return refuse(400, "Sec-WebSocket-Key: expected 16 bytes in base64");
  std::string answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Accept: " +
                       accept_key(key) + "\r\n";
  if (request.count(http::field::sec_websocket_protocol) > 0) {
    const std::string offered = joined_header(request, http::field::sec_websocket_protocol);
    const auto chosen = choose_subprotocol(offered);
    if (!chosen) return refuse(400, chosen.error());
    answer.append("Sec-WebSocket-Protocol: ").append(*chosen).append("\r\n");
  }
  return answer + "Server: nvrhub\r\n\r\n";
}

} // namespace nvrhub::net
