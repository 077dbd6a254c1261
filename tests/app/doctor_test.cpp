#include <catch2/catch.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "access/token_file.hpp"
#include "app/descriptors.hpp"
#include "app/doctor/patient.hpp"
#include "store/directory.hpp"

namespace fs = std::filesystem;
using namespace nvrhub;
using namespace nvrhub::app;

namespace {

/// A directory of its own, gone with the test.
struct Ward {
  fs::path path = fs::temp_directory_path() / ("nvrhub-doctor-" + std::to_string(::getpid()));
  Patient patient;

  Ward() {
    fs::remove_all(path);
    fs::create_directories(path);
    patient.data = path / "data";
    patient.root = path;
    patient.max_connections = 1'000;
  }
  ~Ward() { fs::remove_all(path); }
  void file(const fs::path& name, const std::string& text) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream(path / name) << text;
  }
  void make_data() const {
    REQUIRE(store::Directory::open(patient.data)); // and closed
  }
};

using Examine = void (*)(const Patient&, Findings&);

/// The worst verdict about `check`.
Verdict verdict(Examine examine, const Patient& patient, const std::string& check) {
  Findings findings;
  examine(patient, findings);
  bool found = false;
  Verdict worst = Verdict::ok;
  for (const Finding& finding : findings) {
    CHECK_FALSE(finding.text.empty());
    if (finding.check != check) continue;
    found = true;
    worst = std::max(worst, finding.verdict);
    INFO(finding.text);
    CHECK((finding.verdict == Verdict::ok || !finding.advice.empty()));
  }
  INFO(check);
  CHECK(found);
  return worst;
}

std::string limits(std::uint64_t files, const std::string& processes = "unlimited") {
  const std::string number = std::to_string(files);
  return "Limit                     Soft Limit           Hard Limit           Units     \n"
         "Max processes             " +
         processes + "                 " + processes +
         "            processes \n"
         "Max open files            1024                 " +
         number +
         "               files     \n"
         "Max address space         unlimited            unlimited            bytes     \n";
}

} // namespace

TEST_CASE("doctor: descriptors, by the hard limit, of the server that runs or of this process") {
  Ward ward;
  const std::uint64_t needed = descriptors_needed(ward.patient.max_connections);
  CHECK(verdict(examine_limits, ward.patient, "descriptors") == Verdict::warn); // there is nothing to read
  ward.file("proc/self/limits", limits(needed));
  CHECK(verdict(examine_limits, ward.patient, "descriptors") == Verdict::ok);
  ward.file("proc/self/limits", limits(needed - 1));
  CHECK(verdict(examine_limits, ward.patient, "descriptors") == Verdict::bad);
  ward.file("proc/77/limits", limits(needed));
  ward.patient.server = "77";
  CHECK(verdict(examine_limits, ward.patient, "descriptors") == Verdict::ok);
  ward.file("proc/sys/fs/file-max", std::to_string(needed - 1) + "\n");
  CHECK(verdict(examine_limits, ward.patient, "descriptors") == Verdict::bad);
}

TEST_CASE("doctor: threads") {
  Ward ward;
  ward.file("proc/self/limits", limits(100'000));
  CHECK(verdict(examine_limits, ward.patient, "threads") == Verdict::ok);
  ward.patient.threads = 1'000;
  CHECK(verdict(examine_limits, ward.patient, "threads") == Verdict::warn);
  ward.patient.threads = 1;
  ward.file("proc/self/limits", limits(100'000, "5"));
  CHECK(verdict(examine_limits, ward.patient, "threads") == Verdict::bad);
  ward.file("proc/self/limits", limits(100'000));
  ward.file("proc/self/cgroup", "0::/a/b\n");
  ward.file("sys/fs/cgroup/a/b/pids.max", "max\n");
  CHECK(verdict(examine_limits, ward.patient, "threads") == Verdict::ok);
  ward.file("sys/fs/cgroup/a/pids.max", "3\n"); // above it
  CHECK(verdict(examine_limits, ward.patient, "threads") == Verdict::bad);
}

TEST_CASE("doctor: memory, by the machine and by the control group") {
  Ward ward;
  CHECK(verdict(examine_memory, ward.patient, "memory") == Verdict::warn); // there is nothing to read
  ward.file("proc/meminfo", "MemTotal:       8000000 kB\nMemFree: 1 kB\nMemAvailable:    6000000 kB\n");
  CHECK(verdict(examine_memory, ward.patient, "memory") == Verdict::ok);
  ward.patient.max_connections = 1'000'000;
  CHECK(verdict(examine_memory, ward.patient, "memory") == Verdict::warn);
  ward.patient.max_connections = 1'000;
  ward.patient.memory_limit = std::size_t{16} << 30;
  CHECK(verdict(examine_memory, ward.patient, "memory") == Verdict::warn);
  ward.patient.memory_limit = 0;
  ward.file("proc/self/cgroup", "1:cpu:/x\n0::/nvrhub.service\n");
  ward.file("sys/fs/cgroup/nvrhub.service/memory.max", "33554432\n");
  CHECK(verdict(examine_memory, ward.patient, "memory") == Verdict::bad);
  ward.file("sys/fs/cgroup/nvrhub.service/memory.max", "max\n");
  CHECK(verdict(examine_memory, ward.patient, "memory") == Verdict::ok);
  ward.file("proc/self/limits", "Max address space         1073741824           1073741824           bytes     \n");
  CHECK(verdict(examine_memory, ward.patient, "address space") == Verdict::bad);
}

TEST_CASE("doctor: what the kernel gives to connections") {
  Ward ward;
  ward.patient.port = 0;
  ward.file("proc/sys/net/core/somaxconn", "4096\n");
  CHECK(verdict(examine_network, ward.patient, "backlog") == Verdict::ok);
  ward.file("proc/sys/net/core/somaxconn", "128\n");
  CHECK(verdict(examine_network, ward.patient, "backlog") == Verdict::warn);
  ward.file("proc/sys/net/ipv4/tcp_mem", "100000\t200000\t300000\n");
  CHECK(verdict(examine_network, ward.patient, "TCP memory") == Verdict::ok);
  ward.file("proc/sys/net/ipv4/tcp_mem", "100\t200\t300\n");
  CHECK(verdict(examine_network, ward.patient, "TCP memory") == Verdict::warn);
  ward.file("proc/sys/net/netfilter/nf_conntrack_max", "999\n");
  CHECK(verdict(examine_network, ward.patient, "firewall") == Verdict::warn);
}

TEST_CASE("doctor: the port") {
  Ward ward;
  boost::asio::io_context context;
  boost::asio::ip::tcp::acceptor other(context, {boost::asio::ip::make_address("127.0.0.1"), 0});
  ward.patient.port = other.local_endpoint().port();
  CHECK(verdict(examine_network, ward.patient, "port") == Verdict::bad);
  ward.patient.server = "77";
  CHECK(verdict(examine_network, ward.patient, "port") == Verdict::ok);
  other.close();
  CHECK(verdict(examine_network, ward.patient, "port") == Verdict::warn); // it listens elsewhere
  ward.patient.server.reset();
  CHECK(verdict(examine_network, ward.patient, "port") == Verdict::ok);
  ward.patient.address = "192.0.2.1"; // of documentation, RFC 5737
  CHECK(verdict(examine_network, ward.patient, "port") == Verdict::bad);
  ward.patient.address = "nowhere";
  CHECK(verdict(examine_network, ward.patient, "port") == Verdict::bad);
}

TEST_CASE("doctor: the disk is tried and nothing stays behind") {
  Ward ward;
  fs::create_directory(ward.patient.data);
  Findings findings;
  examine_disk(ward.patient, findings);
  CHECK(fs::is_empty(ward.patient.data));
  const auto syncs =
      std::find_if(findings.begin(), findings.end(), [](const Finding& f) { return f.check == "syncs"; });
  REQUIRE(syncs != findings.end());
  CHECK(syncs->text.find(" ms") != std::string::npos);
  ward.patient.data = "/proc/self"; // where nobody can make a file
  CHECK(verdict(examine_disk, ward.patient, "syncs") == Verdict::bad);
  ward.patient.data = "/dev/shm";
  CHECK(verdict(examine_disk, ward.patient, "file system") == Verdict::warn);
}

TEST_CASE("doctor: a clock that was set back") {
  Ward ward;
  ward.make_data();
  const auto worst = verdict(examine_clock, ward.patient, "clock");
  fs::last_write_time(ward.patient.data / "data.mdb", fs::file_time_type::clock::now() + std::chrono::hours(1));
  Findings findings;
  examine_clock(ward.patient, findings);
  CHECK(worst != Verdict::bad);
  CHECK(findings.back().text.find("future") != std::string::npos);
}

TEST_CASE("doctor: the data directory") {
  Ward ward;
  CHECK(verdict(examine_data, ward.patient, "data directory") == Verdict::ok); // serve makes it
  ward.make_data();
  CHECK(verdict(examine_data, ward.patient, "data directory") == Verdict::ok);
  CHECK(verdict(examine_data, ward.patient, "data.mdb") == Verdict::ok);
  CHECK(verdict(examine_data, ward.patient, "data") == Verdict::ok);
  ::chmod(ward.patient.data.c_str(), 0755);
  CHECK(verdict(examine_data, ward.patient, "data directory") == Verdict::warn);
  ::chmod(ward.patient.data.c_str(), 0777);
  CHECK(verdict(examine_data, ward.patient, "data directory") == Verdict::bad);

  fs::resize_file(ward.patient.data / "data.mdb", 100);
  CHECK(verdict(examine_data, ward.patient, "data") == Verdict::bad);
  ward.patient.data = ward.path / "not" / "there";
  CHECK(verdict(examine_data, ward.patient, "data directory") == Verdict::bad);
  ward.file("file", "");
  ward.patient.data = ward.path / "file";
  CHECK(verdict(examine_data, ward.patient, "data directory") == Verdict::bad);
}

TEST_CASE("doctor: tokens, and who may read them") {
  Ward ward;
  ward.make_data();
  CHECK(verdict(examine_data, ward.patient, "tokens") == Verdict::ok); // loopback
  ward.patient.address = "0.0.0.0";
  CHECK(verdict(examine_data, ward.patient, "tokens") == Verdict::bad);
  ward.patient.allow_anonymous = true;
  CHECK(verdict(examine_data, ward.patient, "tokens") == Verdict::warn);
  REQUIRE(access::TokenFile(ward.patient.data).change([](auto&) { return tl::expected<void, std::string>(); }));
  const fs::path tokens = ward.patient.data / "tokens.json";
  REQUIRE(fs::exists(tokens));
  ::chmod(tokens.c_str(), 0644);
  CHECK(verdict(examine_data, ward.patient, "tokens") == Verdict::bad);
  ::chmod(tokens.c_str(), 0600);
  CHECK(verdict(examine_data, ward.patient, "tokens") == Verdict::warn); // none is left in it
}
