#pragma once

#include <chrono>
#include <string>

#include <catch2/catch.hpp>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "net/tls/pem.hpp"

namespace nvrhub::net::test {

inline std::string taken(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(memory);
  return text;
}

inline PrivateKey make_key(const char* kind) {
  const bool is_rsa = std::string(kind) == "RSA";
  PrivateKey key(is_rsa ? EVP_PKEY_Q_keygen(nullptr, nullptr, kind, std::size_t{2048})
                        : EVP_PKEY_Q_keygen(nullptr, nullptr, kind, "P-256"));
  REQUIRE(key);
  return key;
}

inline std::string pem_of(EVP_PKEY* key, const char* passphrase = nullptr) {
  BIO* const memory = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(memory, key, passphrase == nullptr ? nullptr : EVP_aes_128_cbc(), passphrase,
                                passphrase == nullptr ? 0 : 6, nullptr, nullptr);
  return taken(memory);
}

inline std::string pem_of(X509* certificate) {
  BIO* const memory = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(memory, certificate);
  return taken(memory);
}

inline void add_extension(X509* certificate, X509* issuer, int id, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, id, value);
  REQUIRE(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/// A certificate with its key, signed by `issuer`, else by itself.
struct Identity {
  PrivateKey key;
  Certificate certificate;

  explicit Identity(const char* name, const Identity* issuer = nullptr, const char* kind = "EC", bool is_ca = false,
                    std::chrono::seconds from = std::chrono::hours(-1),
                    std::chrono::seconds to = std::chrono::hours(24 * 365))
      : key(make_key(kind)), certificate(X509_new()) {
    X509_set_version(certificate.get(), 2);
    static long serial = 1;
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from.count());
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), to.count());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509* const signer = issuer == nullptr ? certificate.get() : issuer->certificate.get();
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
    X509_set_pubkey(certificate.get(), key.get());
    if (is_ca)
      add_extension(certificate.get(), signer, NID_basic_constraints, "critical,CA:TRUE");
    else
      add_extension(certificate.get(), signer, NID_subject_alt_name, "DNS:localhost");
    REQUIRE(X509_sign(certificate.get(), issuer == nullptr ? key.get() : issuer->key.get(), EVP_sha256()) > 0);
  }
  std::string pem() const { return pem_of(certificate.get()); }
  std::string key_pem() const { return pem_of(key.get()); }
};

} // namespace nvrhub::net::test
