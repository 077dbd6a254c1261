#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

#include "log/etcd/endpoint.hpp"
#include "log/etcd/tls.hpp"

namespace nvrhub::tests {

/// The path of etcd's program from NVRHUB_ETCD; empty, with a message for people, if it is not set.
std::string etcd_program();

/// Real members of one etcd on free ports of loopback, with data in a temporary folder. The destructor kills them; if
/// the test program is killed, the kernel does.
class EtcdMembers {
public:
  /// With TLS, clients are reached by https:// only and must show a certificate.
  explicit EtcdMembers(std::size_t count, bool is_tls = false);
  EtcdMembers(const EtcdMembers&) = delete;
  EtcdMembers& operator=(const EtcdMembers&) = delete;
  ~EtcdMembers();

  std::size_t size() const { return members_.size(); }
  const log::etcd::Endpoint& endpoint(std::size_t index) const { return members_[index].endpoint; }
  std::vector<log::etcd::Endpoint> endpoints() const;

  /// The files for a client, of authority.pem.
  log::etcd::TlsFiles client_files() const;
  /// Makes NAME.pem and NAME.key for 127.0.0.1, by this authority, else by itself. Returns the certificate's path.
  std::string make_certificate(const std::string& name, const std::string& authority = {}) const;

  void start(std::size_t index);
  void kill(std::size_t index); // as kill -9
  void freeze(std::size_t index);
  void thaw(std::size_t index);

private:
  struct Member {
    log::etcd::Endpoint endpoint;
    std::uint16_t peer_port = 0;
    pid_t pid = 0; // 0: does not run
  };

  std::vector<std::string> arguments(std::size_t index) const;

  std::filesystem::path folder_;
  bool is_tls_;
  std::vector<Member> members_;
};

} // namespace nvrhub::tests
