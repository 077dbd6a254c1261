#include "net/tls/tls.hpp"

#include <utility>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace nvrhub::net {

namespace {

std::string text_of(const ASN1_STRING* text) {
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, text);
  std::string copy;
  if (size >= 0) copy.assign(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  return copy;
}

std::vector<std::string> alternative_names(const X509* certificate) {
  std::vector<std::string> names;
  auto* const found =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(found); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(found, i);
    if (name->type == GEN_DNS) names.push_back(text_of(name->d.dNSName));
  }
  GENERAL_NAMES_free(found);
  return names;
}

std::vector<std::string> common_names(const X509* certificate) {
  std::vector<std::string> names;
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;)
    names.push_back(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
  return names;
}

using Error = tl::unexpected<std::string>;

void set_protocol(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context,
                      SSL_OP_ALL | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set1_groups_list(context, "P-256:X25519:P-384"); // the cheapest first
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);     // idle connections hold no buffers
}

tl::expected<void, std::string> set_certificate(SSL_CTX* context, const ServerCertificate& pair,
                                                const TlsFiles& files) {
  bool set = SSL_CTX_use_certificate(context, pair.chain.front().get()) == 1;
  for (std::size_t i = 1; set && i < pair.chain.size(); ++i)
    set = SSL_CTX_add1_chain_cert(context, pair.chain[i].get()) == 1;
  if (!set) {
    return Error("--tls-cert " + files.certificate.string() + ": cannot be used: " + take_openssl_error() +
                 "; let an authority issue it for an RSA key of 2048 bits or more, or an EC key");
  }
  if (SSL_CTX_use_PrivateKey(context, pair.key.get()) == 1) return {};
  return Error("--tls-key " + files.key.string() + ": cannot be used: " + take_openssl_error());
}

tl::expected<void, std::string> set_authorities(SSL_CTX* context, const std::vector<Certificate>& authorities) {
  for (const Certificate& authority : authorities) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) != 1 ||
        SSL_CTX_add_client_CA(context, authority.get()) != 1) {
      return Error(take_openssl_error());
    }
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  return {};
}

/// Makes one connection in memory: a certificate that no handshake can use must be found now, not by the clients.
tl::expected<void, std::string> try_handshake(SSL_CTX* server_context) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> client_context(SSL_CTX_new(TLS_client_method()),
                                                                         SSL_CTX_free);
  const std::unique_ptr<SSL, decltype(&SSL_free)> server(SSL_new(server_context), SSL_free);
  const std::unique_ptr<SSL, decltype(&SSL_free)> client(SSL_new(client_context.get()), SSL_free);
  BIO* one = nullptr;
  BIO* other = nullptr;
  if (!server || !client || BIO_new_bio_pair(&one, 0, &other, 0) != 1) return Error(take_openssl_error());
  SSL_set_bio(server.get(), one, one);
  SSL_set_bio(client.get(), other, other);
  SSL_set_accept_state(server.get());
  SSL_set_connect_state(client.get());
  const auto failed = [](const SSL* side, int result) {
    const int error = SSL_get_error(side, result);
    return result != 1 && error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE;
  };
  // The pair buffers 17 KB in each direction; a chain may be longer.
  for (int round = 0; round < 1000; ++round) {
    const int at_client = SSL_do_handshake(client.get());
    if (failed(client.get(), at_client)) return Error(take_openssl_error());
    const int at_server = SSL_do_handshake(server.get());
    if (failed(server.get(), at_server)) return Error(take_openssl_error());
    if (at_client == 1 && at_server == 1) return {};
  }
  return Error("it does not end");
}

std::vector<CertificateInfo> describe_all(const std::vector<Certificate>& certificates) {
  std::vector<CertificateInfo> all;
  all.reserve(certificates.size());
  for (const Certificate& certificate : certificates)
    all.push_back(describe(*certificate));
  return all;
}

std::string der_of(const std::vector<Certificate>& certificates) {
  std::string all;
  for (const Certificate& certificate : certificates) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate.get(), &der);
    if (size > 0) all.append(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
  }
  return all;
}

struct Loaded {
  std::shared_ptr<TlsContext> context;
  std::string authorities; // in DER
};

tl::expected<Loaded, std::string> make_tls_context(const TlsFiles& files) {
  if (files.certificate.empty()) return Error("TLS needs a certificate: --tls-cert FILE");
  if (files.key.empty()) return Error("--tls-cert needs the key of the certificate: --tls-key FILE");
  const auto pair = read_server_certificate(files.certificate, files.key);
  if (!pair) return Error(pair.error());
  auto made = std::make_shared<TlsContext>();
  made->native.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const context = made->native.get();
  if (context == nullptr) return Error(take_openssl_error());
  set_protocol(context);
  if (const auto set = set_certificate(context, *pair, files); !set) return Error(set.error());
  std::vector<Certificate> authorities;
  if (!files.client_ca.empty()) {
    const std::string flag = "--tls-client-ca " + files.client_ca.string() + ": ";
    auto read = read_certificates(files.client_ca);
    if (!read) return Error(flag + read.error());
    authorities = std::move(*read);
    if (const auto set = set_authorities(context, authorities); !set) return Error(flag + set.error());
  }
  if (const auto tried = try_handshake(context); !tried) {
    return Error("--tls-cert " + files.certificate.string() + " with --tls-key " + files.key.string() +
                 ": a TLS handshake with them fails: " + tried.error());
  }
  made->report = {.certificate_file = files.certificate.string(),
                  .authority_file = files.client_ca.string(),
                  .chain = describe_all(pair->chain),
                  .authorities = describe_all(authorities),
                  .chain_problems = chain_problems(pair->chain, authorities)};
  return Loaded{std::move(made), der_of(authorities)};
}

} // namespace

tl::expected<void, std::string> Tls::load(const TlsFiles& files) {
  Loaded made;
  if (files.wanted()) {
    auto read = make_tls_context(files);
    if (!read) return tl::make_unexpected(std::move(read.error()));
    made = std::move(*read);
  }
  const std::lock_guard lock(mutex_);
  // Connections of the former context go on to use its keys.
  if (!ticket_keys_ || made.authorities != authorities_) ticket_keys_ = std::make_shared<TicketKeys>();
  authorities_ = std::move(made.authorities);
  if (made.context) use_session_tickets(made.context->native.get(), ticket_keys_);
  context_ = std::move(made.context);
  return {};
}

std::shared_ptr<TlsContext> Tls::context() const {
  const std::lock_guard lock(mutex_);
  return context_;
}

std::optional<std::vector<std::string>> peer_names(SSL* connection) {
  X509* const certificate = SSL_get1_peer_certificate(connection);
  if (certificate == nullptr) return std::nullopt;
  std::vector<std::string> names = alternative_names(certificate);
  if (names.empty()) names = common_names(certificate);
  X509_free(certificate);
  return names;
}

} // namespace nvrhub::net
