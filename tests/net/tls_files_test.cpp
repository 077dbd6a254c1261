#include "net/tls/tls.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>

#include "net/support/identity.hpp"

namespace fs = std::filesystem;
using namespace nvrhub::net;
using namespace nvrhub::net::test;
using namespace std::chrono_literals;

namespace {

struct TlsFixture {
  fs::path dir = fs::temp_directory_path() / ("nvrhub-tls-files-" + std::to_string(::getpid()));
  TlsFiles files{dir / "cert.pem", dir / "key.pem", {}};
  Tls tls;

  TlsFixture() { fs::create_directories(dir); }
  ~TlsFixture() { fs::remove_all(dir); }

  void write(const fs::path& file, const std::string& text) const { std::ofstream(file, std::ios::binary) << text; }
  /// The error of a load with these contents; "": none.
  std::string load(const std::string& certificate, const std::string& key) {
    write(files.certificate, certificate);
    write(files.key, key);
    const auto loaded = tls.load(files);
    return loaded ? "" : loaded.error();
  }
  std::vector<CertificateProblem> problems() const {
    return tls.context()->report.problems(std::chrono::seconds(std::time(nullptr)));
  }
};

bool has_all(const std::string& text, std::initializer_list<const char*> parts) {
  INFO(text);
  bool all = true;
  for (const char* const part : parts) {
    INFO(part);
    const bool has = text.find(part) != std::string::npos;
    CHECK(has);
    all = all && has;
  }
  return all;
}

const Identity& rsa() {
  static const Identity identity("rsa", nullptr, "RSA");
  return identity;
}
const Identity& ec() {
  static const Identity identity("ec");
  return identity;
}

} // namespace

TEST_CASE_METHOD(TlsFixture, "a certificate beside a key of another kind or pair is refused and the old one stays") {
  REQUIRE(load(rsa().pem(), rsa().key_pem()).empty());
  const auto before = tls.context();
  CHECK(has_all(load(rsa().pem(), ec().key_pem()),
                {"--tls-cert", "cert.pem", "--tls-key", "key.pem", "RSA 2048", "EC prime256v1"}));
  CHECK(has_all(load(ec().pem(), rsa().key_pem()), {"cert.pem", "key.pem", "RSA 2048", "EC prime256v1"}));
  CHECK(has_all(load(Identity("other").pem(), ec().key_pem()), {"cert.pem", "key.pem", "another EC"}));
  CHECK(tls.context() == before);
  CHECK(load(ec().pem(), ec().key_pem()).empty());
  CHECK(tls.context() != before);
}

TEST_CASE_METHOD(TlsFixture, "files with more than is needed are read") {
  CHECK(load(ec().pem() + ec().key_pem(), ec().key_pem() + ec().pem()).empty()); // one file for both
  CHECK(load("a text\n" + ec().pem(),
             "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + ec().key_pem())
            .empty());
  CHECK(load(ec().pem(), rsa().key_pem() + ec().key_pem()).empty()); // several keys
  std::string windows;
  for (const char c : ec().pem())
    windows += c == '\n' ? "\r\n" : std::string(1, c);
  std::string old_mac = ec().key_pem();
  for (char& c : old_mac)
    c = c == '\n' ? '\r' : c;
  CHECK(load("\xEF\xBB\xBF" + windows, "\xEF\xBB\xBF" + old_mac).empty());
  CHECK(load("  " + ec().pem(), ec().key_pem() + "\n\n").empty());
}

TEST_CASE_METHOD(TlsFixture, "files that are something else are refused with what they are") {
  const std::string good = ec().pem();
  const std::string key = ec().key_pem();
  CHECK(has_all(load(key, good), {"cert.pem", "key.pem", "swap"}));
  CHECK(has_all(load(key, key), {"cert.pem", "private key and no certificate"}));
  CHECK(has_all(load(good, good), {"key.pem", "certificate and no private key"}));
  CHECK(has_all(load("", key), {"cert.pem", "empty"}));
  CHECK(has_all(load("\n \n", key), {"cert.pem", "not PEM"}));
  CHECK(has_all(load(good, "hello"), {"key.pem", "not PEM"}));
  CHECK(has_all(load(good, pem_of(ec().key.get(), "secret")), {"key.pem", "passphrase", "openssl pkey"}));
  CHECK(has_all(load(good, "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: "
                           "AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"),
                {"key.pem", "passphrase"}));
  CHECK(has_all(load("\xFF\xFE-\0", key), {"cert.pem", "UTF-16"}));
  unsigned char* der = nullptr;
  const int size = i2d_X509(ec().certificate.get(), &der);
  CHECK(has_all(load(std::string(reinterpret_cast<char*>(der), static_cast<std::size_t>(size)), key),
                {"cert.pem", "DER", "openssl x509"}));
  OPENSSL_free(der);
  CHECK(has_all(load("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", key),
                {"request"}));
  std::string damaged = good;
  damaged.replace(damaged.size() / 2, 4, "****");
  CHECK(has_all(load(damaged, key), {"cert.pem", "line 1", "damaged"}));
}

TEST_CASE_METHOD(TlsFixture, "files that cannot be read neither hang nor ask") {
  write(files.key, ec().key_pem());
  const auto error_with = [&](const fs::path& certificate) {
    files.certificate = certificate;
    const auto loaded = tls.load(files);
    return loaded ? std::string() : loaded.error();
  };
  CHECK(has_all(error_with(dir), {"directory"}));
  CHECK(has_all(error_with(dir / "none.pem"), {"none.pem", "No such file"}));
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  CHECK(has_all(error_with(dir / "fifo"), {"FIFO"}));
  CHECK(has_all(error_with("/dev/zero"), {"larger"}));
}

TEST_CASE("a text that is cut anywhere is an error, or has only whole blocks") {
  const std::string first = ec().pem();
  const std::string text = first + rsa().pem();
  for (std::size_t size = 1; size < text.size(); ++size) {
    const auto blocks = parse_pem(text.substr(0, size));
    const bool at_end_line = size == first.size() || size + 1 == first.size() || size + 1 == text.size();
    INFO(size);
    REQUIRE(blocks.has_value() == at_end_line);
  }
  CHECK_FALSE(parse_pem(first.substr(30)));
  CHECK_FALSE(parse_pem("-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----"));
}

TEST_CASE_METHOD(TlsFixture, "the order of a chain is checked") {
  const Identity root("root", nullptr, "EC", true);
  const Identity one("one", &root, "EC", true);
  const Identity two("two", &one, "EC", true);
  const Identity leaf("leaf", &two);
  const auto first_problem = [&](const std::string& chain) {
    REQUIRE(load(chain, leaf.key_pem()).empty());
    const auto found = problems();
    return found.empty() ? std::string() : found.front().text;
  };
  CHECK(first_problem(leaf.pem() + two.pem() + one.pem()).empty());
  CHECK(first_problem(leaf.pem() + two.pem() + one.pem() + root.pem()).empty());
  CHECK(has_all(first_problem(leaf.pem() + one.pem() + two.pem()), {"certificate 2", "out of order"}));
  CHECK(has_all(first_problem(leaf.pem() + two.pem() + rsa().pem()), {"certificate 3", "does not belong"}));
  CHECK(has_all(first_problem(leaf.pem()), {"issuer", "intermediate"}));
  CHECK(has_all(load(two.pem() + leaf.pem(), leaf.key_pem()), {"cert.pem", "number 2", "must be the first"}));
}

TEST_CASE_METHOD(TlsFixture, "expired, future and expiring certificates are used and reported") {
  const auto worst = [&](std::chrono::seconds from, std::chrono::seconds to) {
    const Identity identity("hub", nullptr, "EC", false, from, to);
    REQUIRE(load(identity.pem(), identity.key_pem()).empty());
    const auto found = problems();
    return found.empty() ? std::string("none")
                         : (found.front().is_error ? "error: " : "warning: ") + found.front().text;
  };
  CHECK(worst(-1h, 24h * 22) == "none");
  CHECK(has_all(worst(-1h, 24h * 20 + 1h), {"warning: ", "CN = hub", "cert.pem", "in 20 days"}));
  CHECK(has_all(worst(-48h, -24h), {"error: ", "expired"}));
  CHECK(has_all(worst(24h, 24h * 365), {"error: ", "not valid before"}));
}

TEST_CASE_METHOD(TlsFixture, "authorities of client certificates are read whole or refused") {
  const Identity authority("clients", nullptr, "EC", true);
  const Identity old("old", nullptr, "EC", true, -48h, -24h);
  files.client_ca = dir / "ca.pem";
  const auto load_authorities = [&](const std::string& text) {
    write(files.client_ca, text);
    return load(ec().pem(), ec().key_pem());
  };
  CHECK(load_authorities(authority.pem() + rsa().pem()).empty());
  CHECK(tls.context()->report.authorities.size() == 2);
  CHECK(has_all(load_authorities(ec().key_pem()), {"--tls-client-ca", "ca.pem", "no certificate"}));
  CHECK(has_all(load_authorities("# none\n"), {"ca.pem", "not PEM"}));
  const std::string broken = authority.pem();
  CHECK(has_all(load_authorities(authority.pem() + broken.substr(0, broken.size() / 2)), {"ca.pem", "ends early"}));
  CHECK(load_authorities(authority.pem() + old.pem()).empty());
  CHECK(has_all(problems().front().text, {"authority", "CN = old", "ca.pem", "expired"}));
}
