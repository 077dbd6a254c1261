#include "net/transport/tls.hpp"

#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace nvrhub::net {

namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

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

} // namespace

tl::expected<void, std::string> Tls::load(const TlsFiles& files) {
  std::shared_ptr<TlsContext> made;
  if (files.wanted()) {
    if (files.certificate.empty()) return tl::make_unexpected("TLS needs a certificate: --tls-cert FILE");
    if (files.key.empty()) return tl::make_unexpected("--tls-cert needs the key of the certificate: --tls-key FILE");
    made = std::make_shared<TlsContext>();
    ssl::context& context = made->native;
    error_code error;
    const auto failed = [&error](const std::filesystem::path& file, const char* what) {
      return tl::make_unexpected(file.string() + " cannot be used as the " + what + ": " + error.message());
    };
    context.set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    // Idle connections hold no buffers. TLS sessions are long, so resuming them would save little.
    SSL_CTX_set_mode(context.native_handle(), SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context.native_handle(), SSL_SESS_CACHE_OFF);
    if (context.use_certificate_chain_file(files.certificate.string(), error); error) {
      return failed(files.certificate, "certificate");
    }
    if (context.use_private_key_file(files.key.string(), ssl::context::pem, error); error) {
      return failed(files.key, "key of the certificate");
    }
    if (!files.client_ca.empty()) {
      if (context.load_verify_file(files.client_ca.string(), error); error) {
        return failed(files.client_ca, "authority of client certificates");
      }
      SSL_CTX_set_client_CA_list(context.native_handle(), SSL_load_client_CA_file(files.client_ca.c_str()));
      context.set_verify_mode(ssl::verify_peer, error);
    }
  }
  const std::lock_guard lock(mutex_);
  context_ = std::move(made);
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
