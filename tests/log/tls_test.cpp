#include <fstream>

#include <catch2/catch.hpp>

#include "log/support/etcd_members.hpp"
#include "log/support/log_node.hpp"

using namespace nvrhub;
using namespace nvrhub::tests;

namespace {

log::etcd::Options tls_options(const EtcdMembers& etcd, const log::etcd::TlsFiles& files) {
  log::etcd::Options options = LogNode::options("a", etcd.endpoints());
  options.cluster.is_tls = true;
  options.tls = files;
  return options;
}

/// What the log says of its health when it cannot reach etcd for this reason.
void check_problem(const log::etcd::Options& options, const std::string& expected) {
  boost::asio::io_context io;
  LogNode node(io, options);
  run_until(io, [&] { return node.log().health().problem.find(expected) != std::string::npos; });
  CHECK(!node.log().health().has_leader);
}

} // namespace

TEST_CASE("over TLS with a client certificate the log works as without", "[etcd]") {
  if (etcd_program().empty()) return;
  EtcdMembers etcd(1, true);
  boost::asio::io_context io;
  LogNode a(io, tls_options(etcd, etcd.client_files()));
  a.join_and_follow();
  const std::string large(log::Log::max_entry, 'x');
  for (int i = 0; i < 5; ++i)
    a.append_surely(large);
  a.append_surely("last");
  run_until(io, [&] { return a.entries.size() == 6; });
  CHECK(a.entries[4].bytes == large);
  CHECK(a.entries[5].bytes == "last");
  etcd.kill(0);
  etcd.start(0);
  a.append_surely("on a new connection");
  run_until(io, [&] { return a.entries.size() == 7; });
}

TEST_CASE("a connection without the proofs of both sides fails with the reason", "[etcd]") {
  if (etcd_program().empty()) return;
  EtcdMembers etcd(1, true);
  boost::asio::io_context io;
  LogNode ready(io, tls_options(etcd, etcd.client_files()));
  run_until(io, [&] { return ready.log().health().has_leader; }); // etcd answers

  log::etcd::TlsFiles files = etcd.client_files();
  check_problem(tls_options(etcd, {files.ca, "", ""}), "certificate");
  check_problem(tls_options(etcd, {etcd.make_certificate("other"), files.certificate, files.key}),
                "certificate verify failed");
  log::etcd::Options by_name = tls_options(etcd, files);
  by_name.cluster.endpoints[0].host = "localhost"; // the certificate is one of 127.0.0.1
  check_problem(by_name, "ostname mismatch");
  log::etcd::Options plain = tls_options(etcd, files);
  plain.cluster.is_tls = false;
  check_problem(plain, "etcd does not answer");
}

TEST_CASE("files that TLS cannot use are named when the log is made", "[etcd]") {
  if (etcd_program().empty()) return;
  EtcdMembers etcd(0, true);
  const log::etcd::TlsFiles files = etcd.client_files();
  const std::string broken = files.ca + ".broken";
  std::ofstream(broken) << "no certificate\n";
  const auto message = [&](const log::etcd::TlsFiles& wrong) {
    boost::asio::io_context io;
    log::etcd::Options options = tls_options(etcd, wrong);
    options.cluster.endpoints = {{"127.0.0.1", 1}};
    const auto log = log::etcd::make_etcd_log(io, options);
    REQUIRE(!log);
    CHECK(log.error().code == log::Errc::invalid);
    return log.error().message;
  };
  CHECK_THAT(message({"/missing", "", ""}), Catch::Contains("/missing"));
  CHECK_THAT(message({broken, "", ""}), Catch::Contains(broken));
  CHECK_THAT(message({files.ca, broken, files.key}), Catch::Contains(broken));
  CHECK_THAT(message({files.ca, files.certificate, broken}), Catch::Contains(broken));
  CHECK_THAT(message({files.ca, files.certificate, ""}), Catch::Contains("both"));
  etcd.make_certificate("other");
  CHECK_THAT(message({files.ca, files.certificate, files.key.substr(0, files.key.rfind('/')) + "/other.key"}),
             Catch::Contains("other.key"));
}
