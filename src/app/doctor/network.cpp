// The port, and what the kernel gives to many connections.
#include "app/doctor/patient.hpp"

#include <fstream>

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace nvrhub::app {

namespace {

namespace asio = boost::asio;

constexpr std::uint64_t least_backlog = 1024;         // connections that come at once after a restart
constexpr std::uint64_t bytes_per_connection = 16384; // of kernel memory, when data waits in both directions

/// Binds the port for a moment, as the server would.
Finding examine_port(const Patient& patient) {
  const std::string where = patient.address + ":" + std::to_string(patient.port);
  if (patient.port == 0) return ok("port", "the system chooses one");
  boost::system::error_code error;
  const auto address = asio::ip::make_address(patient.address, error);
  if (error) return bad("port", where + ": not an IP address", "Write --listen 127.0.0.1:8080 or --listen [::]:8080.");
  asio::io_context context;
  asio::ip::tcp::acceptor acceptor(context);
  acceptor.open(address.is_v6() ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind({address, patient.port}, error);
  if (!error && !patient.server) acceptor.listen(1, error);
  if (!error) {
    return patient.server ? warn("port", where + " is free, though a server runs on the data directory",
                                 "It listens elsewhere: ask with the --listen that it was started with.")
                          : ok("port", where + " is free");
  }
  if (error == asio::error::address_in_use) {
    return patient.server ? ok("port", where + " is taken, and a server runs on the data directory")
                          : bad("port", where + " is taken by another program",
                                "`ss -ltnp` tells by which; stop it, or choose another --listen.");
  }
  return bad("port", where + ": " + error.message(),
             error == asio::error::access_denied
                 ? "Ports below 1024 need CAP_NET_BIND_SERVICE (docs/guide/operations.md); take a higher one."
                 : "The address must be one of this machine; 0.0.0.0 and [::] are all of them.");
}

Finding examine_backlog(const Patient& patient) {
  const auto most = number_in(patient.root / "proc/sys/net/core/somaxconn");
  if (!most) return warn("backlog", "net.core.somaxconn can't be read", "It should be 4096.");
  const std::string text = "net.core.somaxconn is " + std::to_string(*most);
  if (*most >= least_backlog) return ok("backlog", text);
  return warn("backlog", text,
              "When a whole fleet comes back at once, some wait for a second try: sysctl net.core.somaxconn=4096.");
}

Finding examine_tcp_memory(const Patient& patient) {
  std::ifstream file(patient.root / "proc/sys/net/ipv4/tcp_mem");
  std::uint64_t low = 0;
  std::uint64_t pressure = 0;
  std::uint64_t most = 0;
  if (!(file >> low >> pressure >> most)) {
    return warn("TCP memory", "net.ipv4.tcp_mem can't be read", "Look at it on the host, if this is a container.");
  }
  const std::uint64_t bytes = most * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const std::uint64_t wanted = patient.max_connections * bytes_per_connection;
  const std::string text = "the kernel gives all connections at most " + in_bytes(bytes);
  if (bytes >= wanted) return ok("TCP memory", text);
  return warn("TCP memory", text + "; --max-connections may need " + in_bytes(wanted),
              "Raise the last number of sysctl net.ipv4.tcp_mem (in pages), or lower --max-connections.");
}

void examine_tracking(const Patient& patient, Findings& findings) {
  const auto most = number_in(patient.root / "proc/sys/net/netfilter/nf_conntrack_max");
  if (!most || *most > patient.max_connections) return; // most machines have no such table
  findings.push_back(
      warn("firewall", "it follows at most " + std::to_string(*most) + " connections",
           "Raise sysctl net.netfilter.nf_conntrack_max above --max-connections, or do not track this port."));
}

} // namespace

void examine_network(const Patient& patient, Findings& findings) {
  findings.push_back(examine_port(patient));
  findings.push_back(examine_backlog(patient));
  findings.push_back(examine_tcp_memory(patient));
  examine_tracking(patient, findings);
}

} // namespace nvrhub::app
