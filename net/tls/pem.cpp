#include "net/tls/pem.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

namespace nvrhub::net {

namespace {

using Error = tl::unexpected<std::string>;

constexpr std::size_t max_pem_bytes = 4 << 20; // the bundle of all public authorities has 200 KB
constexpr auto pipe_patience = std::chrono::seconds(2);
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view begin_mark = "-----BEGIN ";
constexpr std::string_view end_mark = "-----END ";
constexpr std::string_view mark_tail = "-----";

struct OpenFile {
  int descriptor;
  ~OpenFile() {
    if (descriptor >= 0) ::close(descriptor);
  }
};

/// A passphrase callback that has none: without one OpenSSL asks on the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*rwflag*/, void* /*data*/) {
  return 0;
}

using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;

Bio memory_bio(std::string_view bytes) {
  return {BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())), BIO_free_all};
}

tl::expected<std::string, std::string> read_pem_bytes(const std::filesystem::path& path) {
  // Without O_NONBLOCK, open() waits for the writer of a FIFO.
  const OpenFile file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (file.descriptor < 0) {
    const int why = errno;
    std::string text = std::string("cannot be read: ") + std::strerror(why);
    if (why == EACCES)
      text += " for user " + std::to_string(::geteuid()) + "; give it read access to the file and its directories";
    return Error(text);
  }
  struct stat about {};
  if (::fstat(file.descriptor, &about) == 0 && S_ISDIR(about.st_mode)) {
    return Error("is a directory; name the PEM file in it");
  }
  std::string bytes;
  const auto until = std::chrono::steady_clock::now() + pipe_patience;
  std::string part(1 << 16, '\0');
  while (true) {
    const ssize_t size = ::read(file.descriptor, part.data(), part.size());
    if (size == 0) break;
    if (size > 0) {
      bytes.append(part.data(), static_cast<std::size_t>(size));
      if (bytes.size() > max_pem_bytes)
        return Error("is larger than 4 MiB; a PEM file with certificates or a key is expected");
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return Error(std::string("cannot be read: ") + std::strerror(errno));
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd wait{file.descriptor, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) == 0) {
      return Error("is a pipe or device from which nothing came for 2 s; use a regular file");
    }
  }
  if (bytes.empty())
    return Error(S_ISFIFO(about.st_mode) ? "is a FIFO that nothing writes to; use a regular file" : "is empty");
  return bytes;
}

/// What a file without a single PEM block is, and how to make PEM of it.
std::string describe_not_pem(std::string_view bytes) {
  const auto first = [&](std::size_t at) { return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U; };
  if ((first(0) == 0xFF && first(1) == 0xFE) || (first(0) == 0xFE && first(1) == 0xFF)) {
    return "is UTF-16 text; save it as plain text (UTF-8)";
  }
  if (first(0) == 0x30) {
    const Bio certificate = memory_bio(bytes);
    const Certificate found(d2i_X509_bio(certificate.get(), nullptr));
    const Bio key = memory_bio(bytes);
    const PrivateKey found_key(found ? nullptr : d2i_PrivateKey_bio(key.get(), nullptr));
    const Bio container = memory_bio(bytes);
    PKCS12* const pkcs12 = found || found_key ? nullptr : d2i_PKCS12_bio(container.get(), nullptr);
    const bool is_pkcs12 = pkcs12 != nullptr;
    PKCS12_free(pkcs12);
    ERR_clear_error();
    if (found) return "is a certificate in DER, not PEM; convert it: openssl x509 -inform der -in FILE -out FILE.pem";
    if (found_key) return "is a key in DER, not PEM; convert it: openssl pkey -inform der -in FILE -out FILE.pem";
    if (is_pkcs12) return "is a PKCS#12 container, not PEM; convert it: openssl pkcs12 -in FILE -nodes -out FILE.pem";
  }
  return "is not PEM: no line -----BEGIN ...----- in it";
}

bool starts_with_or_is_start_of(std::string_view line, std::string_view mark) {
  return line.starts_with(mark) || (!line.empty() && mark.starts_with(line));
}

/// "-----BEGIN X-----" -> "X".
std::optional<std::string_view> label_in(std::string_view line, std::string_view mark) {
  if (!line.starts_with(mark) || !line.ends_with(mark_tail) || line.size() < mark.size() + mark_tail.size() + 1)
    return std::nullopt;
  return line.substr(mark.size(), line.size() - mark.size() - mark_tail.size());
}

std::string_view trimmed_line(std::string_view line) {
  while (line.starts_with(byte_order_mark))
    line.remove_prefix(byte_order_mark.size()); // also where files were joined
  const std::size_t begin = line.find_first_not_of(" \t\f\v");
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(" \t\f\v") - begin + 1);
}

/// Collects the blocks line by line.
class BlockReader {
public:
  /// Returns an error, or nothing.
  std::optional<std::string> add(std::string_view line, bool is_last) {
    ++line_;
    return open_ ? continue_block(line) : between_blocks(line, is_last);
  }
  tl::expected<std::vector<PemBlock>, std::string> finish() {
    if (open_) return Error("ends early: the " + where(blocks_.back()) + " has no END line");
    return std::move(blocks_);
  }

private:
  static std::string where(const PemBlock& block) {
    return block.label + " that begins at line " + std::to_string(block.line);
  }

  std::optional<std::string> continue_block(std::string_view line) {
    PemBlock& block = blocks_.back();
    if (line.starts_with(begin_mark))
      return "is damaged: the " + where(block) + " has no END line before line " + std::to_string(line_);
    block.text.append(line).append("\n");
    if (!line.starts_with(end_mark)) return std::nullopt;
    const auto label = label_in(line, end_mark);
    if (!label) return "ends early: line " + std::to_string(line_) + " is cut, the END line of the " + where(block);
    if (*label != block.label)
      return "is damaged: the " + where(block) + " ends at line " + std::to_string(line_) + " as " +
             std::string(*label);
    open_ = false;
    return std::nullopt;
  }

  std::optional<std::string> between_blocks(std::string_view line, bool is_last) {
    if (const auto label = label_in(line, begin_mark)) {
      blocks_.push_back({.label = std::string(*label), .line = line_, .text = std::string(line) + "\n"});
      open_ = true;
      return std::nullopt;
    }
    const std::string at = "line " + std::to_string(line_);
    if (line.starts_with(begin_mark) && line.find("\\n") != std::string_view::npos) {
      return "has the two characters \\n where lines must end (" + at + "); write real line ends";
    }
    if (line.starts_with(end_mark)) return "lacks its beginning: " + at + " is an END line without a BEGIN line";
    if (line.starts_with(begin_mark) || (is_last && starts_with_or_is_start_of(line, begin_mark))) {
      return "ends early: " + at + " is a BEGIN line that is cut";
    }
    return std::nullopt;
  }

  std::vector<PemBlock> blocks_;
  std::size_t line_ = 0;
  bool open_ = false;
};

} // namespace

bool PemBlock::is_certificate() const {
  return label == PEM_STRING_X509 || label == PEM_STRING_X509_OLD || label == PEM_STRING_X509_TRUSTED;
}

bool PemBlock::is_private_key() const {
  return label.ends_with("PRIVATE KEY"); // PRIVATE, RSA PRIVATE, EC PRIVATE, ENCRYPTED PRIVATE, OPENSSH PRIVATE
}

bool PemBlock::is_encrypted() const {
  return label == PEM_STRING_PKCS8 || text.find("Proc-Type: 4,ENCRYPTED") != std::string::npos;
}

tl::expected<std::vector<PemBlock>, std::string> read_pem(const std::filesystem::path& file) {
  const auto bytes = read_pem_bytes(file);
  if (!bytes) return Error(bytes.error());
  auto blocks = parse_pem(*bytes);
  if (blocks && blocks->empty()) return Error(describe_not_pem(*bytes));
  return blocks;
}

tl::expected<std::vector<PemBlock>, std::string> parse_pem(std::string_view text) {
  BlockReader reader;
  while (!text.empty()) {
    const std::size_t size = text.find_first_of("\r\n");
    const bool is_last = size == std::string_view::npos;
    if (auto error = reader.add(trimmed_line(text.substr(0, size)), is_last)) return Error(std::move(*error));
    if (is_last) break;
    text.remove_prefix(size + (text.substr(size).starts_with("\r\n") ? 2 : 1));
  }
  return reader.finish();
}

tl::expected<Certificate, std::string> parse_certificate(const PemBlock& block) {
  const Bio bytes = memory_bio(block.text);
  Certificate certificate(PEM_read_bio_X509_AUX(bytes.get(), nullptr, no_passphrase, nullptr));
  if (certificate) return certificate;
  return Error("the certificate that begins at line " + std::to_string(block.line) + " is damaged (" +
               take_openssl_error() + ")");
}

tl::expected<PrivateKey, std::string> parse_private_key(const PemBlock& block) {
  if (block.is_encrypted()) {
    return Error("the private key is protected by a passphrase, which a server cannot ask for; write it without one: "
                 "openssl pkey -in FILE -out NEWFILE");
  }
  if (block.label == "OPENSSH PRIVATE KEY") return Error("is a key of OpenSSH, not the key of a certificate");
  const Bio bytes = memory_bio(block.text);
  PrivateKey key(PEM_read_bio_PrivateKey(bytes.get(), nullptr, no_passphrase, nullptr));
  if (key) return key;
  return Error("the private key that begins at line " + std::to_string(block.line) + " is damaged (" +
               take_openssl_error() + ")");
}

tl::expected<std::vector<Certificate>, std::string> read_certificates(const std::filesystem::path& file) {
  const auto blocks = read_pem(file);
  if (!blocks) return Error(blocks.error());
  return certificates_in(*blocks);
}

tl::expected<std::vector<Certificate>, std::string> certificates_in(const std::vector<PemBlock>& blocks) {
  std::vector<Certificate> all;
  for (const PemBlock& block : blocks) {
    if (!block.is_certificate()) continue;
    auto certificate = parse_certificate(block);
    if (!certificate) return Error(certificate.error());
    all.push_back(std::move(*certificate));
  }
  if (all.empty()) return Error("holds " + describe_other(blocks, "certificate"));
  return all;
}

std::string describe_other(const std::vector<PemBlock>& blocks, std::string_view wanted) {
  std::string what = "nothing";
  for (const PemBlock& block : blocks) {
    if (block.is_private_key()) {
      what = "a private key";
    } else if (block.is_certificate()) {
      what = "a certificate";
    } else if (block.label.ends_with("CERTIFICATE REQUEST")) {
      what = "a certificate request, which an authority has yet to sign,";
    } else if (what == "nothing") {
      what = block.label;
    }
  }
  return what + " and no " + std::string(wanted);
}

std::string take_openssl_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown reason" : reason;
}

} // namespace nvrhub::net
