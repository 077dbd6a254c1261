#include "log/support/etcd_members.hpp"

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace nvrhub::tests {
namespace {

using boost::asio::ip::tcp;

std::filesystem::path temporary_folder() {
  const bool has_memory = ::access("/dev/shm", W_OK) == 0;
  std::string pattern = std::string(has_memory ? "/dev/shm" : "/tmp") + "/nvrhub-etcd-XXXXXX";
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("cannot make " + pattern);
  return pattern;
}

/// Ports that were free a moment ago; all are held until all are known, so that they differ.
std::vector<std::uint16_t> free_ports(std::size_t count) {
  boost::asio::io_context io;
  std::vector<tcp::acceptor> holders;
  std::vector<std::uint16_t> ports;
  for (std::size_t i = 0; i < count; ++i) {
    holders.emplace_back(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    ports.push_back(holders.back().local_endpoint().port());
  }
  return ports;
}

std::string url(std::uint16_t port) {
  return "://127.0.0.1:" + std::to_string(port);
}

std::string name(std::size_t index) {
  return "member" + std::to_string(index);
}

} // namespace

std::string etcd_program() {
  const char* program = std::getenv("NVRHUB_ETCD"); // NOLINT(concurrency-mt-unsafe)
  if (program && *program) return program;
  std::cout << "skipped: NVRHUB_ETCD is not set to the path of etcd's program\n";
  return {};
}

EtcdMembers::EtcdMembers(std::size_t count, bool is_tls) : folder_(temporary_folder()), is_tls_(is_tls) {
  if (is_tls) {
    make_certificate("authority");
    make_certificate("member", "authority");
    make_certificate("client", "authority");
  }
  const std::vector<std::uint16_t> ports = free_ports(2 * count);
  for (std::size_t i = 0; i < count; ++i)
    members_.push_back({{"127.0.0.1", ports[2 * i]}, ports[2 * i + 1], 0});
  for (std::size_t i = 0; i < count; ++i)
    start(i);
}

EtcdMembers::~EtcdMembers() {
  for (std::size_t i = 0; i < members_.size(); ++i)
    kill(i);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::vector<log::etcd::Endpoint> EtcdMembers::endpoints() const {
  std::vector<log::etcd::Endpoint> endpoints;
  for (const Member& member : members_)
    endpoints.push_back(member.endpoint);
  return endpoints;
}

std::vector<std::string> EtcdMembers::arguments(std::size_t index) const {
  const Member& member = members_[index];
  std::string cluster;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    cluster += (i == 0 ? "" : ",") + name(i) + "=" + "http" + url(members_[i].peer_port);
  }
  std::vector<std::string> words{etcd_program(),
                                 "--name",
                                 name(index),
                                 "--data-dir",
                                 folder_ / name(index),
                                 "--listen-peer-urls",
                                 "http" + url(member.peer_port),
                                 "--initial-advertise-peer-urls",
                                 "http" + url(member.peer_port),
                                 "--listen-client-urls",
                                 (is_tls_ ? "https" : "http") + url(member.endpoint.port),
                                 "--advertise-client-urls",
                                 (is_tls_ ? "https" : "http") + url(member.endpoint.port),
                                 "--initial-cluster",
                                 cluster,
                                 "--heartbeat-interval",
                                 "50",
                                 "--election-timeout",
                                 "500",
                                 "--pre-vote",
                                 "--logger",
                                 "zap",
                                 "--log-level",
                                 "error"};
  if (is_tls_) {
    const std::vector<std::string> files{"--client-cert-auth",  "--trusted-ca-file",    folder_ / "authority.pem",
                                         "--cert-file",         folder_ / "member.pem", "--key-file",
                                         folder_ / "member.key"};
    words.insert(words.end(), files.begin(), files.end());
  }
  return words;
}

log::etcd::TlsFiles EtcdMembers::client_files() const {
  return {folder_ / "authority.pem", folder_ / "client.pem", folder_ / "client.key"};
}

std::string EtcdMembers::make_certificate(const std::string& name, const std::string& authority) const {
  const std::string path = folder_ / name;
  std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=" + name +
      " -addext subjectAltName=IP:127.0.0.1 -out " + path + ".pem -keyout " + path + ".key";
  if (!authority.empty()) {
    const std::string issuer = folder_ / authority;
    command += " -CA " + issuer + ".pem -CAkey " + issuer + ".key";
  }
  if (std::system((command + " 2>/dev/null").c_str()) != 0) throw std::runtime_error("failed: " + command);
  return path + ".pem";
}

void EtcdMembers::start(std::size_t index) {
  std::vector<std::string> words = arguments(index);
  std::vector<char*> argv;
  for (std::string& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  const std::string output = folder_ / (name(index) + ".out");
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("cannot fork");
  if (pid > 0) {
    members_[index].pid = pid;
    return;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1); // it died before the line above
  const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

void EtcdMembers::kill(std::size_t index) {
  Member& member = members_[index];
  if (member.pid == 0) return;
  ::kill(member.pid, SIGKILL);
  ::waitpid(member.pid, nullptr, 0);
  member.pid = 0;
}

void EtcdMembers::freeze(std::size_t index) {
  ::kill(members_[index].pid, SIGSTOP);
}
void EtcdMembers::thaw(std::size_t index) {
  ::kill(members_[index].pid, SIGCONT);
}

} // namespace nvrhub::tests
