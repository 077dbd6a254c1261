#include "net/tls/certificate.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <span>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace nvrhub::net {

namespace {

using Error = tl::unexpected<std::string>;
using std::filesystem::path;

std::string flag_and_file(const char* flag, const path& file) {
  return std::string(flag) + " " + file.string();
}

CertificateTime seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return CertificateTime(timegm(&parts));
}

/// "RSA 2048", "EC prime256v1", "ED25519".
std::string kind_of(const EVP_PKEY* key) {
  const char* const type = EVP_PKEY_get0_type_name(key);
  std::string kind = type == nullptr ? "unknown" : type;
  if (kind == "EC") {
    std::array<char, 80> group{};
    if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) == 1) kind.append(" ").append(group.data());
  } else if (kind.starts_with("RSA") || kind.starts_with("DSA")) {
    kind.append(" ").append(std::to_string(EVP_PKEY_get_bits(key)));
  }
  return kind;
}

bool is_pair(X509* certificate, const EVP_PKEY* key) {
  const bool pair = X509_check_private_key(certificate, key) == 1;
  ERR_clear_error();
  return pair;
}

bool is_issued_by(X509* certificate, X509* issuer) {
  return X509_check_issued(issuer, certificate) == X509_V_OK;
}

struct Keys {
  std::vector<PrivateKey> usable;
  std::string first_error; // of a key that is not usable
};

Keys keys_in(const std::vector<PemBlock>& blocks) {
  Keys keys;
  for (const PemBlock& block : blocks) {
    if (!block.is_private_key()) continue;
    auto key = parse_private_key(block);
    if (key) {
      keys.usable.push_back(std::move(*key));
    } else if (keys.first_error.empty()) {
      keys.first_error = std::move(key.error());
    }
  }
  return keys;
}

bool has_certificate(const std::vector<PemBlock>& blocks) {
  return std::any_of(blocks.begin(), blocks.end(), [](const PemBlock& block) { return block.is_certificate(); });
}

bool has_private_key(const std::vector<PemBlock>& blocks) {
  return std::any_of(blocks.begin(), blocks.end(), [](const PemBlock& block) { return block.is_private_key(); });
}

/// Why no key belongs to the first certificate.
std::string describe_no_pair(const ServerCertificate& read, std::span<const PrivateKey> keys,
                             const std::string& certificate, const std::string& key) {
  for (std::size_t i = 1; i < read.chain.size(); ++i) {
    for (const PrivateKey& one : keys) {
      if (!is_pair(read.chain[i].get(), one.get())) continue;
      return certificate + ": its certificate number " + std::to_string(i + 1) + " (" +
             describe(*read.chain[i]).subject + ") belongs to " + key +
             ", but the server's certificate must be the first, followed by its intermediates in order";
    }
  }
  const std::string one = kind_of(X509_get0_pubkey(read.chain.front().get()));
  const std::string other = kind_of(keys.front().get());
  return certificate + " and " + key + " do not belong together: the certificate is for " +
         (one == other ? "another " + one + " key than this one" : "a key of kind " + one + ", this one is " + other) +
         ". Use the key with which the certificate was requested";
}

/// Whether this machine trusts an issuer of the certificate.
bool is_issuer_known(X509* certificate) {
  X509_STORE* const store = X509_STORE_new();
  X509_STORE_CTX* const context = X509_STORE_CTX_new();
  X509* issuer = nullptr;
  const bool known = X509_STORE_set_default_paths(store) == 1 &&
                     X509_STORE_CTX_init(context, store, certificate, nullptr) == 1 &&
                     X509_STORE_CTX_get1_issuer(&issuer, context, certificate) == 1;
  X509_free(issuer);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  ERR_clear_error();
  return known;
}

bool has_host_name(X509* certificate) {
  auto* const names =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  bool found = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const int type = sk_GENERAL_NAME_value(names, i)->type;
    found = found || type == GEN_DNS || type == GEN_IPADD;
  }
  GENERAL_NAMES_free(names);
  return found;
}

/// Certificates after the first that do not issue the one before them.
void check_order(const std::vector<Certificate>& chain, std::vector<std::string>& problems) {
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (is_issued_by(chain[i - 1].get(), chain[i].get())) continue;
    const bool related = std::any_of(chain.begin(), chain.end(), [&](const Certificate& other) {
      return other != chain[i] && is_issued_by(other.get(), chain[i].get());
    });
    const std::string number =
        "certificate " + std::to_string(i + 1) + " of the chain (" + describe(*chain[i]).subject + ")";
    problems.push_back(
        related ? number + " is out of order: it is not the issuer of certificate " + std::to_string(i) +
                      "; some clients refuse that"
                : number + " does not belong to it: it is not the issuer of any other certificate; remove it");
  }
}

/// Reports a certificate that is sent without its issuer, if that may be an intermediate.
void check_end(const std::vector<Certificate>& chain, const std::vector<Certificate>& authorities,
               std::vector<std::string>& problems) {
  X509* const own = chain.front().get();
  const auto issues_own = [own](const Certificate& other) { return is_issued_by(own, other.get()); };
  if (std::any_of(chain.begin(), chain.end(), issues_own)) return; // also if it is self-signed
  if (std::any_of(authorities.begin(), authorities.end(), issues_own) || is_issuer_known(own)) return;
  std::array<char, 256> issuer{};
  X509_NAME_oneline(X509_get_issuer_name(own), issuer.data(), issuer.size());
  problems.push_back(
      "the certificate is sent without that of its issuer (" + std::string(issuer.data()) +
      "), which this machine does not know: if it is an intermediate, append it to the file, or clients cannot "
      "verify the certificate");
}

} // namespace

CertificateInfo describe(const X509& certificate) {
  CertificateInfo info;
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> text(BIO_new(BIO_s_mem()), BIO_free_all);
  X509_NAME_print_ex(text.get(), X509_get_subject_name(&certificate), 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  if (size > 0) info.subject.assign(data, static_cast<std::size_t>(size));
  if (info.subject.empty()) info.subject = "no subject";
  info.not_before = seconds_of(X509_get0_notBefore(&certificate));
  info.not_after = seconds_of(X509_get0_notAfter(&certificate));
  return info;
}

tl::expected<ServerCertificate, std::string> read_server_certificate(const path& certificate, const path& key) {
  const std::string certificate_flag = flag_and_file("--tls-cert", certificate);
  const std::string key_flag = flag_and_file("--tls-key", key);
  const auto certificate_blocks = read_pem(certificate);
  if (!certificate_blocks) return Error(certificate_flag + ": " + certificate_blocks.error());
  const auto key_blocks = read_pem(key);
  if (!key_blocks) return Error(key_flag + ": " + key_blocks.error());
  if (!has_certificate(*certificate_blocks) && has_private_key(*certificate_blocks) && !has_private_key(*key_blocks) &&
      has_certificate(*key_blocks)) {
    return Error(certificate_flag + " holds a private key and " + key_flag + " a certificate: swap the two");
  }
  ServerCertificate read;
  auto chain = certificates_in(*certificate_blocks);
  if (!chain) return Error(certificate_flag + ": " + chain.error());
  read.chain = std::move(*chain);
  if (!has_private_key(*key_blocks)) return Error(key_flag + ": holds " + describe_other(*key_blocks, "private key"));
  Keys keys = keys_in(*key_blocks);
  for (PrivateKey& one : keys.usable) {
    if (!is_pair(read.chain.front().get(), one.get())) continue;
    read.key = std::move(one);
    return read;
  }
  if (!keys.first_error.empty()) return Error(key_flag + ": " + keys.first_error);
  return Error(describe_no_pair(read, keys.usable, certificate_flag, key_flag));
}

std::vector<std::string> chain_problems(const std::vector<Certificate>& chain,
                                        const std::vector<Certificate>& authorities) {
  std::vector<std::string> problems;
  X509* const own = chain.front().get();
  check_order(chain, problems);
  check_end(chain, authorities, problems);
  if (!has_host_name(own))
    problems.emplace_back("the certificate names no host in subjectAltName: browsers and many clients refuse it");
  if (X509_check_purpose(own, X509_PURPOSE_SSL_SERVER, 0) != 1) {
    problems.emplace_back("the certificate is not made for servers (key usage): clients refuse it");
  }
  ERR_clear_error();
  return problems;
}

} // namespace nvrhub::net
