#include <catch2/catch.hpp>

#include "log/etcd/client.hpp"
#include "log/etcd/messages.hpp"
#include "log/etcd/protobuf.hpp"
#include "log/support/etcd_members.hpp"
#include "log/support/log_node.hpp"

using namespace nvrhub;
using namespace nvrhub::tests;
using log::etcd::ProtobufWriter;

namespace {

std::string texts(const std::string& first, const std::string& second = {}) {
  ProtobufWriter out;
  out.bytes(1, first);
  out.bytes(2, second);
  return out.take();
}

/// Read and write permission for all keys that begin with `prefix`.
std::string grant_prefix(const std::string& role, const std::string& prefix) {
  ProtobufWriter permission;
  permission.number(1, 2);
  permission.bytes(2, prefix);
  permission.bytes(3, log::etcd::prefix_end(prefix));
  ProtobufWriter out;
  out.bytes(1, role);
  out.message(2, permission.take());
  return out.take();
}

/// An etcd with the user `nvrhub`, who may change keys of the log and no others.
struct Guarded {
  Guarded() : etcd(1, true) {
    ask("UserAdd", texts("root", "root's password"));
    ask("RoleAdd", texts("root"));
    ask("UserGrantRole", texts("root", "root"));
    ask("UserAdd", texts("nvrhub", "a password"));
    ask("RoleAdd", texts("fleet"));
    ask("RoleGrantPermission", grant_prefix("fleet", "fleet/"));
    ask("UserGrantRole", texts("nvrhub", "fleet"));
    ask("AuthEnable", {});
  }

  void ask(const std::string& method, const std::string& request, const log::etcd::Credentials& credentials = {}) {
    const auto tls = log::etcd::TlsContext::make(etcd.client_files());
    log::etcd::Client client(io, {etcd.endpoints(), *tls}, credentials, std::chrono::seconds(10));
    bool is_answered = false;
    client.call("/etcdserverpb.Auth/" + method, request, log::etcd::Client::forever, [&](const auto& answer) {
      if (!answer) FAIL(method << ": " << answer.error().message);
      is_answered = true;
    });
    run_until(io, [&] { return is_answered; });
  }
  log::etcd::Options options(const std::string& node, const std::string& password) const {
    log::etcd::Options options = LogNode::options(node, etcd.endpoints());
    options.cluster.is_tls = true;
    options.tls = etcd.client_files();
    options.credentials = {"nvrhub", password};
    return options;
  }

  EtcdMembers etcd;
  boost::asio::io_context io;
};

} // namespace

TEST_CASE("a user with a password and permission for the prefix can do all that the log does", "[etcd]") {
  if (etcd_program().empty()) return;
  Guarded guarded;
  LogNode a(guarded.io, guarded.options("a", "a password"));
  a.join_and_follow();
  const log::Position first = a.append_surely("first");
  run_until(guarded.io, [&] { return a.entries.size() == 1; }); // before it is trimmed
  CHECK(a.members());
  CHECK(a.trim(first));
  guarded.etcd.kill(0); // members forget the tokens
  guarded.etcd.start(0);
  a.append_surely("with a new token");
  guarded.ask("UserAdd", texts("another", "x"), {"root", "root's password"}); // outdates all tokens
  a.append_surely("with another one");
  run_until(guarded.io, [&] { return a.entries.size() == 3; });
  LogNode b(guarded.io, guarded.options("b", "a password"));
  REQUIRE(b.join("b"));
  run_until(guarded.io, [&] { return a.joined.size() == 2; });
  CHECK(b.leave());
}

TEST_CASE("a wrong password is an error of the join, and one without TLS of the options", "[etcd]") {
  if (etcd_program().empty()) return;
  Guarded guarded;
  LogNode a(guarded.io, guarded.options("a", "a wrong password"));
  const auto joined = a.join("");
  REQUIRE(!joined);
  CHECK(joined.error().code == log::Errc::refused);
  CHECK_THAT(joined.error().message, Catch::Contains("invalid user ID or password"));
  run_until(guarded.io, [&] { return a.log().health().problem.find("password") != std::string::npos; });

  log::etcd::Options plain = guarded.options("a", "a password");
  plain.cluster.is_tls = false;
  CHECK(log::etcd::make_etcd_log(guarded.io, plain).error().code == log::Errc::invalid);
}
