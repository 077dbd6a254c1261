#include <catch2/catch.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>

#include "app/systemd/service_manager.hpp"

using nvrhub::app::ServiceManager;

namespace {

/// systemd's end of NOTIFY_SOCKET: an abstract socket, which leaves no file.
class Manager {
public:
  Manager() {
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const std::string name = "nvrhub-test-" + std::to_string(::getpid());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name.data(), name.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    ::setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
  }
  ~Manager() {
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    ::close(socket_);
  }
  std::string received() const {
    std::array<char, 4096> bytes{};
    const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    return {bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
  }

private:
  int socket_ = -1;
};

} // namespace

TEST_CASE("ServiceManager: sends the states of sd_notify(3)") {
  const Manager manager;
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  ServiceManager service;
  REQUIRE(service.watchdog());
  CHECK(*service.watchdog() == std::chrono::seconds(30));
  service.ready("3 NVRs connected\nREADY=0");
  CHECK(manager.received() == "READY=1\nSTATUS=3 NVRs connected READY=0");
  service.status("none");
  CHECK(manager.received() == "STATUS=none");
  service.reloading();
  CHECK(manager.received().find("RELOADING=1\nMONOTONIC_USEC=") == 0);
  service.alive();
  CHECK(manager.received() == "WATCHDOG=1");
  service.stopping();
  CHECK(manager.received().find("STOPPING=1") == 0);
}

TEST_CASE("ServiceManager: does nothing without a service manager") {
  ::unsetenv("NOTIFY_SOCKET");
  ::unsetenv("WATCHDOG_USEC");
  ServiceManager service;
  CHECK_FALSE(service.watchdog());
  service.ready("no manager");
  service.alive();
}
