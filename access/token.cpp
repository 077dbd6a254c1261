#include "access/token.hpp"

#include <algorithm>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

namespace nvrhub::access {

namespace {

constexpr std::string_view prefix = "nvh_";
constexpr std::size_t id_bytes = 4;
constexpr std::size_t secret_bytes = 20;
constexpr std::string_view hex_digits = "0123456789abcdef";

bool is_hex(std::string_view text) {
  return text.find_first_not_of(hex_digits) == std::string_view::npos;
}

} // namespace

std::string to_hex(const unsigned char* bytes, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text.push_back(hex_digits[bytes[i] >> 4]);
    text.push_back(hex_digits[bytes[i] & 15]);
  }
  return text;
}

std::string describe(const Token& token) {
  std::string text = "role " + std::string(to_string(token.role));
  if (token.hostname) text += ", hostname \"" + *token.hostname + "\"";
  if (token.sites) {
    text += token.sites->size() == 1 ? ", site" : ", sites";
    for (std::size_t i = 0; i < token.sites->size(); ++i)
      text += (i == 0 ? " \"" : ", \"") + (*token.sites)[i] + "\"";
  }
  return token.note.empty() ? text : text + ", note \"" + token.note + "\"";
}

std::optional<std::string_view> id_in(std::string_view text) {
  constexpr std::size_t id_end = prefix.size() + 2 * id_bytes;
  if (text.size() != id_end + 1 + 2 * secret_bytes || !text.starts_with(prefix) || text[id_end] != '_' ||
      !is_hex(text.substr(prefix.size(), 2 * id_bytes)) || !is_hex(text.substr(id_end + 1))) {
    return std::nullopt;
  }
  return text.substr(prefix.size(), 2 * id_bytes);
}

Hash hash_of(std::string_view text) {
  Hash hash{};
  static const EVP_MD* const sha256 =
      EVP_MD_fetch(nullptr, "SHA256", nullptr); // EVP_sha256() would be looked up each time
  EVP_Digest(text.data(), text.size(), hash.data(), nullptr, sha256, nullptr);
  return hash;
}

bool matches(const Token& token, const Hash& hash) {
  return CRYPTO_memcmp(token.hash.data(), hash.data(), hash.size()) == 0;
}

tl::expected<std::string, std::string> mint(Token& token, const std::vector<Token>& others) {
  std::array<unsigned char, id_bytes + secret_bytes> random{};
  do {
    if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
      return tl::make_unexpected("the system gives no random bytes for a token");
    }
    token.id = to_hex(random.data(), id_bytes);
  } while (std::any_of(others.begin(), others.end(), [&](const Token& other) { return other.id == token.id; }));
  std::string text = std::string(prefix) + token.id + "_" + to_hex(random.data() + id_bytes, secret_bytes);
  token.hash = hash_of(text);
  return text;
}

} // namespace nvrhub::access
