#include "client/connect.hpp"

#include <boost/asio/ssl/error.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace nvrhub::client {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Error = tl::unexpected<std::string>;

constexpr const char* advice_for_ca = "give the authority that issued it with --ca FILE";

} // namespace

namespace detail {

void set_expected_name(SSL* connection, const std::string& name) {
  SSL_set_verify(connection, SSL_VERIFY_PEER, nullptr);
  SSL_set_hostflags(connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  error_code not_an_address;
  asio::ip::make_address(name, not_an_address);
  if (not_an_address) {
    SSL_set_tlsext_host_name(connection, name.c_str()); // RFC 6066: never an IP address
    SSL_set1_host(connection, name.c_str());
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), name.c_str());
  }
}

} // namespace detail

std::string describe_handshake_error(const error_code& error, SSL* connection, const Address& address) {
  const std::string where = address.authority() + ": ";
  const long verified = SSL_get_verify_result(connection);
  switch (verified) {
  case X509_V_OK:
    break;
  case X509_V_ERR_HOSTNAME_MISMATCH:
  case X509_V_ERR_IP_ADDRESS_MISMATCH:
    return where + "the server's certificate is not for " + address.certificate_name() +
           ": use a name that it contains in --server";
  case X509_V_ERR_CERT_HAS_EXPIRED:
  case X509_V_ERR_CERT_NOT_YET_VALID:
    return where + "the server's certificate is refused: " + X509_verify_cert_error_string(verified);
  default:
    return where + "the server's certificate is not trusted: " + X509_verify_cert_error_string(verified) + "; " +
           advice_for_ca;
  }
  const bool is_openssl = error.category() == asio::error::get_ssl_category();
  const int reason = is_openssl ? ERR_GET_REASON(static_cast<unsigned long>(error.value())) : 0;
  if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST) {
    return where + "this port does not speak TLS: use http:// in --server, without --tls and --ca";
  }
  return where + "the TLS handshake failed: " + error.message();
}

tl::expected<std::unique_ptr<Connection>, std::string> connect(asio::io_context& io, const Address& address,
                                                               asio::ssl::context* tls) {
  auto made = std::make_unique<Connection>(io);
  error_code error;
  const auto endpoints = tcp::resolver(io).resolve(address.host, address.port, error);
  if (error) return Error(address.authority() + ": the host is unknown: " + error.message());
  for (const auto& entry : endpoints) {
    error_code ignored;
    made->socket.close(ignored);
    made->socket.connect(entry.endpoint(), error);
    if (!error) break;
  }
  if (error)
    return Error("cannot connect to " + address.authority() + ": " + error.message() + "; is the server running?");
  if (tls == nullptr) return made;
  made->tls.emplace(made->socket, *tls);
  expect_server(*made->tls, address);
  made->tls->handshake(asio::ssl::stream_base::client, error);
  if (error) return Error(describe_handshake_error(error, made->tls->native_handle(), address));
  return made;
}

} // namespace nvrhub::client
