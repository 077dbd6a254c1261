#include "notify/signature.hpp"

#include <array>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "notify/base64.hpp"

namespace nvrhub::notify {

std::optional<Secret> decode_signing_key(const Secret& text) {
  constexpr std::string_view prefix = "whsec_";
  constexpr std::size_t min_bytes = 24, max_bytes = 64; // of Standard Webhooks
  if (!text.reveal().starts_with(prefix)) return std::nullopt;
  auto bytes = from_base64(std::string_view(text.reveal()).substr(prefix.size()));
  if (!bytes || bytes->size() < min_bytes || bytes->size() > max_bytes) return std::nullopt;
  return Secret(std::move(*bytes));
}

std::vector<std::string> webhook_headers(std::string_view id, std::int64_t timestamp, std::string_view body,
                                         const Secret& key) {
  const std::string time = std::to_string(timestamp);
  std::vector<std::string> headers{"webhook-id: " + std::string(id), "webhook-timestamp: " + time};
  if (key.empty()) return headers;
  const std::string content = std::string(id) + "." + time + "." + std::string(body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.reveal().data(), static_cast<int>(key.reveal().size()),
       reinterpret_cast<const unsigned char*>(content.data()), content.size(), digest.data(), &size);
  const std::string_view bytes(reinterpret_cast<const char*>(digest.data()), size);
  headers.push_back("webhook-signature: v1," + to_base64(bytes));
  return headers;
}

} // namespace nvrhub::notify
