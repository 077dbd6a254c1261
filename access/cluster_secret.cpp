#include "access/cluster_secret.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "access/token.hpp"

namespace nvrhub::access {

namespace {

/// Empty: there are none.
std::string random_hex() {
  std::array<unsigned char, 16> random{};
  return RAND_bytes(random.data(), static_cast<int>(random.size())) == 1 ? to_hex(random.data(), random.size()) : "";
}

} // namespace

tl::expected<ClusterSecret, std::string> ClusterSecret::read(const std::filesystem::path& file) {
  errno = 0;
  std::ifstream in(file);
  if (!in) return tl::make_unexpected(file.string() + ": cannot be read: " + std::strerror(errno));
  std::string text(max_size + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return tl::make_unexpected(file.string() + ": cannot be read");
  text.resize(static_cast<std::size_t>(in.gcount()));
  text.erase(text.find_last_not_of("\r\n") + 1);
  if (text.size() < min_size || text.size() > max_size) {
    return tl::make_unexpected(file.string() + ": expected " + std::to_string(min_size) + " to " +
                               std::to_string(max_size) +
                               " bytes, the same on each server, such as `openssl rand "
                               "-hex 32` prints");
  }
  return ClusterSecret(std::move(text));
}

std::string ClusterSecret::sign(std::initializer_list<std::string_view> parts) const {
  std::string all;
  for (const std::string_view part : parts)
    all.append(std::to_string(part.size())).append(":").append(part);
  std::array<unsigned char, 32> signature{};
  HMAC(EVP_sha256(), text_.data(), static_cast<int>(text_.size()), reinterpret_cast<const unsigned char*>(all.data()),
       all.size(), signature.data(), nullptr);
  return to_hex(signature.data(), signature.size());
}

bool ClusterSecret::is_signature(std::string_view signature, std::initializer_list<std::string_view> parts) const {
  const std::string expected = sign(parts);
  return signature.size() == expected.size() && CRYPTO_memcmp(signature.data(), expected.data(), expected.size()) == 0;
}

Challenges::Challenges() : key_(random_hex()) {}

/// NONCE.TIME.SIGNATURE
std::string Challenges::issue(Time now) const {
  const std::string nonce = random_hex();
  if (nonce.empty() || key_.is_empty()) return "";
  const std::string time = std::to_string(now.time_since_epoch().count());
  return nonce + "." + time + "." + key_.sign({nonce, time});
}

bool Challenges::redeem(const std::string& challenge, Time now) {
  const std::size_t first = challenge.find('.');
  const std::size_t second = challenge.find('.', first + 1);
  if (key_.is_empty() || first == std::string::npos || second == std::string::npos) return false;
  const std::string nonce = challenge.substr(0, first);
  const std::string time = challenge.substr(first + 1, second - first - 1);
  if (!key_.is_signature(std::string_view(challenge).substr(second + 1), {nonce, time})) return false;
  const Time issued{Time::duration(std::stoll(time))}; // we wrote it
  if (now - issued > life) return false;
  const std::lock_guard lock(mutex_);
  std::erase_if(redeemed_, [&](const auto& entry) { return now - entry.second > life; });
  return redeemed_.emplace(nonce, issued).second;
}

} // namespace nvrhub::access
