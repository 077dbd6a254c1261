#include "net/tls/session_tickets.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509_vfy.h>

namespace nvrhub::net {

std::optional<TicketKeys::Key> TicketKeys::current() {
  const std::lock_guard lock(mutex_);
  rotate(now_());
  if (current_) return current_;
  Key fresh{};
  const bool made = RAND_bytes(fresh.name.data(), fresh.name.size()) == 1 &&
                    RAND_priv_bytes(fresh.cipher.data(), fresh.cipher.size()) == 1 &&
                    RAND_priv_bytes(fresh.mac.data(), fresh.mac.size()) == 1;
  if (!made) return std::nullopt;
  since_ = now_();
  return current_ = fresh;
}

std::optional<TicketKeys::Found> TicketKeys::find(const unsigned char* name) {
  const std::lock_guard lock(mutex_);
  rotate(now_());
  const auto has_name = [name](const std::optional<Key>& key) {
    return key && std::equal(key->name.begin(), key->name.end(), name);
  };
  if (has_name(current_)) return Found{*current_, false};
  if (has_name(former_)) return Found{*former_, true};
  return std::nullopt;
}

/// The next current key is made when it is needed.
void TicketKeys::rotate(Clock::time_point now) {
  if (now - since_ >= 2 * lifetime) former_.reset();
  if (!current_ || now - since_ < lifetime) return;
  if (now - since_ < 2 * lifetime) former_ = current_;
  current_.reset();
}

namespace {

using KeysPtr = std::shared_ptr<TicketKeys>;

/// The slot of a context that holds its KeysPtr. Connections keep their context, so the keys live as long.
int keys_slot() {
  static const int slot =
      SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, [](void*, void* keys, CRYPTO_EX_DATA*, int, long, void*) {
        delete static_cast<KeysPtr*>(keys);
      });
  return slot;
}

bool set_mac(EVP_MAC_CTX* mac, TicketKeys::Key& key) {
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

/// Fetched once: otherwise OpenSSL looks it up for each ticket.
const EVP_CIPHER* ticket_cipher() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
  return cipher;
}

/// What OpenSSL expects: below 0: the handshake fails, 0: no ticket, 1: the ticket is used, 2: and replaced.
int set_ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                   int encrypts) {
  TicketKeys& keys = **static_cast<KeysPtr*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), keys_slot()));
  const EVP_CIPHER* const aes = ticket_cipher();
  if (aes == nullptr) return -1;
  if (encrypts != 0) {
    auto key = keys.current();
    if (!key || RAND_bytes(iv, EVP_CIPHER_get_iv_length(aes)) != 1) return -1;
    std::memcpy(name, key->name.data(), key->name.size());
    return EVP_EncryptInit_ex(cipher, aes, nullptr, key->cipher.data(), iv) == 1 && set_mac(mac, *key) ? 1 : -1;
  }
  auto found = keys.find(name);
  if (!found) return 0;
  if (EVP_DecryptInit_ex(cipher, aes, nullptr, found->key.cipher.data(), iv) != 1 || !set_mac(mac, found->key))
    return -1;
  // A ticket of TLS 1.3 is used once (RFC 8446, appendix C.4).
  return found->is_former || SSL_version(ssl) >= TLS1_3_VERSION ? 2 : 1;
}

/// A ticket has the certificate without its chain: if that is not enough, the full handshake shows both.
bool is_trusted(SSL_CTX* context, X509* certificate) {
  const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> check(X509_STORE_CTX_new(),
                                                                              X509_STORE_CTX_free);
  const bool trusted = check &&
                       X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(context), certificate, nullptr) == 1 &&
                       X509_STORE_CTX_set_default(check.get(), "ssl_client") == 1 && X509_verify_cert(check.get()) == 1;
  ERR_clear_error();
  return trusted;
}

SSL_TICKET_RETURN accept_ticket(SSL* ssl, SSL_SESSION* session, const unsigned char*, std::size_t,
                                SSL_TICKET_STATUS status, void*) {
  if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) return SSL_TICKET_RETURN_IGNORE_RENEW;
  X509* const certificate = SSL_SESSION_get0_peer(session);
  if (certificate != nullptr && !is_trusted(SSL_get_SSL_CTX(ssl), certificate)) return SSL_TICKET_RETURN_IGNORE_RENEW;
  return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

} // namespace

void use_session_tickets(SSL_CTX* context, std::shared_ptr<TicketKeys> keys) {
  auto owned = std::make_unique<KeysPtr>(std::move(keys));
  if (SSL_CTX_set_ex_data(context, keys_slot(), owned.get()) != 1) throw std::bad_alloc();
  (void)owned.release();                                       // the context deletes it
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); // the clients keep the sessions
  SSL_CTX_set_timeout(context, std::chrono::duration_cast<std::chrono::seconds>(TicketKeys::lifetime).count());
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_max_early_data(context, 0);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, set_ticket_key);
  SSL_CTX_set_session_ticket_cb(context, nullptr, accept_ticket, nullptr);
  // Without an id, OpenSSL fails the handshake of clients that resume if there are client certificates.
  constexpr unsigned char id[] = "nvrhub";
  SSL_CTX_set_session_id_context(context, id, sizeof(id) - 1);
}

} // namespace nvrhub::net
