#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <tl/expected.hpp>

namespace nvrhub::net {

struct OpenSslFree {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Certificate = std::unique_ptr<X509, OpenSslFree>;
using PrivateKey = std::unique_ptr<EVP_PKEY, OpenSslFree>;

/// One `-----BEGIN LABEL-----` … `-----END LABEL-----` of a file.
struct PemBlock {
  std::string label; // "CERTIFICATE"
  std::size_t line;  // of its BEGIN, counted from 1
  std::string text;  // from BEGIN to END, both included

  bool is_certificate() const;
  bool is_private_key() const;
  bool is_encrypted() const; // a private key with a passphrase
};

/// Reads the PEM files of an operator. OpenSSL's own readers stop at the first thing that they do not know, wait on a
/// FIFO, ask on the terminal for a passphrase, and report a number instead of what to do.
///
/// THREADS: any. Blocks for at most two seconds, on a pipe whose writer is slow.
/// ERRORS: a sentence without the name of the file: what is wrong, at which line, and what would be right.
tl::expected<std::vector<PemBlock>, std::string> read_pem(const std::filesystem::path& file);
/// Text before, between and after the blocks is ignored; so are byte order marks, indentation and the kind of line end.
/// A block without its end, or anything else that shows that the text was cut, is an error.
tl::expected<std::vector<PemBlock>, std::string> parse_pem(std::string_view text);

/// REQUIRES: the block is_certificate(). ERRORS: as above.
tl::expected<Certificate, std::string> parse_certificate(const PemBlock& block);
/// REQUIRES: the block is_private_key(). ERRORS: as above; also for a key with a passphrase.
tl::expected<PrivateKey, std::string> parse_private_key(const PemBlock& block);

/// Every certificate of the file, in its order. ERRORS: as above, also if there is none or one is damaged.
tl::expected<std::vector<Certificate>, std::string> read_certificates(const std::filesystem::path& file);
tl::expected<std::vector<Certificate>, std::string> certificates_in(const std::vector<PemBlock>& blocks);

/// What the blocks are instead of a certificate or a private key, for an error: "a private key and no certificate".
std::string describe_other(const std::vector<PemBlock>& blocks, std::string_view wanted);

/// The reason of the oldest queued OpenSSL error of this thread; empties the queue.
std::string take_openssl_error();

} // namespace nvrhub::net
