#include "log/etcd/tls.hpp"

#include <array>
#include <new>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace nvrhub::log::etcd {
namespace {

constexpr std::array<unsigned char, 3> http2_protocol{2, 'h', '2'};

/// OpenSSL's first reason, and an empty queue for the next call.
std::string take_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason ? reason : "no reason given";
}

tl::unexpected<Error> bad_file(const char* what, const std::string& path) {
  return tl::unexpected(Error{Errc::invalid, std::string(what) + " " + path + ": " + take_reason()});
}

int no_passphrase(char*, int, int, void*) {
  return 0;
} // else OpenSSL would ask on the terminal

} // namespace

void TlsContext::Deleter::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}

Result<std::shared_ptr<const TlsContext>> TlsContext::make(const TlsFiles& files) {
  ERR_clear_error();
  const auto made = std::make_shared<TlsContext>();
  made->native_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* const context = made->native();
  if (!context) throw std::bad_alloc();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  SSL_CTX_set_alpn_protos(context, http2_protocol.data(), http2_protocol.size());
  if (files.ca.empty()) {
    SSL_CTX_set_default_verify_paths(context);
  } else if (SSL_CTX_load_verify_file(context, files.ca.c_str()) != 1) {
    return bad_file("certificate authority of etcd", files.ca);
  }
  if (files.certificate.empty() != files.key.empty()) {
    return tl::unexpected(
        Error{Errc::invalid, "a client certificate for etcd needs both its file and that of its key"});
  }
  if (files.certificate.empty()) return made;
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) {
    return bad_file("client certificate for etcd", files.certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return bad_file("key of the client certificate for etcd", files.key);
  }
  return made;
}

void TlsSession::Deleter::operator()(SSL* ssl) const {
  SSL_free(ssl);
}

TlsSession::TlsSession(const TlsContext& context, const std::string& host)
    : ssl_(SSL_new(context.native())), input_(BIO_new(BIO_s_mem())), output_(BIO_new(BIO_s_mem())) {
  if (!ssl_ || !input_ || !output_) throw std::bad_alloc();
  SSL_set_bio(ssl_.get(), input_, output_); // which owns them from now on
  // An address is no name: it has fields of its own in certificates, and none in the handshake.
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host.c_str()) != 1) {
    SSL_set1_host(ssl_.get(), host.c_str());
    SSL_set_tlsext_host_name(ssl_.get(), host.c_str());
  }
  ERR_clear_error(); // of the test for an address
  SSL_set_connect_state(ssl_.get());
  (void)shake_hands(); // writes the first message; it cannot fail before the peer answers
}

Result<void> TlsSession::shake_hands() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1) {
    if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ) return {};
    return tl::unexpected(failure(result));
  }
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &protocol, &size);
  if (size == 0) return tl::unexpected(Error{Errc::unavailable, "TLS: the peer knows no HTTP/2"});
  established_ = true;
  return {};
}

Error TlsSession::failure(int result) const {
  if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_ZERO_RETURN) {
    return {Errc::unavailable, "TLS: the member has closed the connection"};
  }
  std::string message = "TLS: " + take_reason();
  const long verified = SSL_get_verify_result(ssl_.get());
  if (verified != X509_V_OK) message += std::string(": ") + X509_verify_cert_error_string(verified);
  return {Errc::unavailable, message};
}

Result<void> TlsSession::receive(std::string_view encrypted, std::string& plain) {
  if (BIO_write(input_, encrypted.data(), static_cast<int>(encrypted.size())) != static_cast<int>(encrypted.size())) {
    return tl::unexpected(Error{Errc::unavailable, "TLS: no memory"});
  }
  if (!established_) {
    if (Result<void> shaken = shake_hands(); !shaken || !established_) return shaken;
  }
  std::array<char, 16 * 1024> buffer; // NOLINT: a record of TLS; SSL_read fills it
  while (true) {
    ERR_clear_error();
    const int size = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
    if (size > 0) {
      plain.append(buffer.data(), static_cast<std::size_t>(size));
      continue;
    }
    if (SSL_get_error(ssl_.get(), size) == SSL_ERROR_WANT_READ) return {};
    return tl::unexpected(failure(size));
  }
}

Result<void> TlsSession::send(std::string_view plain) {
  ERR_clear_error();
  const int result = SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
  if (result == static_cast<int>(plain.size())) return {};
  return tl::unexpected(failure(result));
}

void TlsSession::produce(std::string& out) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(output_, &data);
  if (size <= 0) return;
  out.append(data, static_cast<std::size_t>(size));
  (void)BIO_reset(output_);
}

} // namespace nvrhub::log::etcd
