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
#include "app/doctor/context.hpp"
#include "store/directory/directory.hpp"

namespace fs = std::filesystem;
using namespace nvrhub;
using namespace nvrhub::app;

namespace {

/// A temporary directory, removed with the test.
struct DoctorFixture {
  fs::path path = fs::temp_directory_path() / ("nvrhub-doctor-" + std::to_string(::getpid()));
  DoctorContext context;

  DoctorFixture() {
    fs::remove_all(path);
    fs::create_directories(path);
    context.data = path / "data";
    context.root = path;
    context.max_connections = 1'000;
  }
  ~DoctorFixture() { fs::remove_all(path); }
  void file(const fs::path& name, const std::string& text) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream(path / name) << text;
  }
  void make_data() const {
    REQUIRE(store::Directory::open(context.data)); // opened and closed
  }
};

using Check = void (*)(const DoctorContext&, Findings&);

/// The worst verdict about `check`.
Verdict verdict(Check run, const DoctorContext& context, const std::string& check) {
  Findings findings;
  run(context, findings);
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

TEST_CASE("doctor: descriptors are checked by the hard limit of the running server, else of this process") {
  DoctorFixture fixture;
  const std::uint64_t needed = descriptors_needed(fixture.context.max_connections);
  CHECK(verdict(check_limits, fixture.context, "descriptors") == Verdict::warn); // no limits file
  fixture.file("proc/self/limits", limits(needed));
  CHECK(verdict(check_limits, fixture.context, "descriptors") == Verdict::ok);
  fixture.file("proc/self/limits", limits(needed - 1));
  CHECK(verdict(check_limits, fixture.context, "descriptors") == Verdict::bad);
  fixture.file("proc/77/limits", limits(needed));
  fixture.context.server = "77";
  CHECK(verdict(check_limits, fixture.context, "descriptors") == Verdict::ok);
  fixture.file("proc/sys/fs/file-max", std::to_string(needed - 1) + "\n");
  CHECK(verdict(check_limits, fixture.context, "descriptors") == Verdict::bad);
}

TEST_CASE("doctor: threads are checked by the process limit and the control groups") {
  DoctorFixture fixture;
  fixture.file("proc/self/limits", limits(100'000));
  CHECK(verdict(check_limits, fixture.context, "threads") == Verdict::ok);
  fixture.context.threads = 1'000;
  CHECK(verdict(check_limits, fixture.context, "threads") == Verdict::warn);
  fixture.context.threads = 1;
  fixture.file("proc/self/limits", limits(100'000, "5"));
  CHECK(verdict(check_limits, fixture.context, "threads") == Verdict::bad);
  fixture.file("proc/self/limits", limits(100'000));
  fixture.file("proc/self/cgroup", "0::/a/b\n");
  fixture.file("sys/fs/cgroup/a/b/pids.max", "max\n");
  CHECK(verdict(check_limits, fixture.context, "threads") == Verdict::ok);
  fixture.file("sys/fs/cgroup/a/pids.max", "3\n"); // of the parent group
  CHECK(verdict(check_limits, fixture.context, "threads") == Verdict::bad);
}

TEST_CASE("doctor: memory is checked by the machine and by the control group") {
  DoctorFixture fixture;
  CHECK(verdict(check_memory, fixture.context, "memory") == Verdict::warn); // no limits file
  fixture.file("proc/meminfo", "MemTotal:       8000000 kB\nMemFree: 1 kB\nMemAvailable:    6000000 kB\n");
  CHECK(verdict(check_memory, fixture.context, "memory") == Verdict::ok);
  fixture.context.max_connections = 1'000'000;
  CHECK(verdict(check_memory, fixture.context, "memory") == Verdict::warn);
  fixture.context.max_connections = 1'000;
  fixture.context.memory_limit = std::size_t{16} << 30;
  CHECK(verdict(check_memory, fixture.context, "memory") == Verdict::warn);
  fixture.context.memory_limit = 0;
  fixture.file("proc/self/cgroup", "1:cpu:/x\n0::/nvrhub.service\n");
  fixture.file("sys/fs/cgroup/nvrhub.service/memory.max", "33554432\n");
  CHECK(verdict(check_memory, fixture.context, "memory") == Verdict::bad);
  fixture.file("sys/fs/cgroup/nvrhub.service/memory.max", "max\n");
  CHECK(verdict(check_memory, fixture.context, "memory") == Verdict::ok);
  fixture.file("proc/self/limits", "Max address space         1073741824           1073741824           bytes     \n");
  CHECK(verdict(check_memory, fixture.context, "address space") == Verdict::bad);
}

TEST_CASE("doctor: the kernel's limits for connections are checked") {
  DoctorFixture fixture;
  fixture.context.port = 0;
  fixture.file("proc/sys/net/core/somaxconn", "4096\n");
  CHECK(verdict(check_network, fixture.context, "backlog") == Verdict::ok);
  fixture.file("proc/sys/net/core/somaxconn", "128\n");
  CHECK(verdict(check_network, fixture.context, "backlog") == Verdict::warn);
  fixture.file("proc/sys/net/ipv4/tcp_mem", "100000\t200000\t300000\n");
  CHECK(verdict(check_network, fixture.context, "TCP memory") == Verdict::ok);
  fixture.file("proc/sys/net/ipv4/tcp_mem", "100\t200\t300\n");
  CHECK(verdict(check_network, fixture.context, "TCP memory") == Verdict::warn);
  fixture.file("proc/sys/net/netfilter/nf_conntrack_max", "999\n");
  CHECK(verdict(check_network, fixture.context, "firewall") == Verdict::warn);
}

TEST_CASE("doctor: the port must be free, or in use by the running server") {
  DoctorFixture fixture;
  boost::asio::io_context context;
  boost::asio::ip::tcp::acceptor other(context, {boost::asio::ip::make_address("127.0.0.1"), 0});
  fixture.context.port = other.local_endpoint().port();
  CHECK(verdict(check_network, fixture.context, "port") == Verdict::bad);
  fixture.context.server = "77";
  CHECK(verdict(check_network, fixture.context, "port") == Verdict::ok);
  other.close();
  CHECK(verdict(check_network, fixture.context, "port") == Verdict::warn); // the server listens elsewhere
  fixture.context.server.reset();
  CHECK(verdict(check_network, fixture.context, "port") == Verdict::ok);
  fixture.context.address = "192.0.2.1"; // reserved for documentation, RFC 5737
  CHECK(verdict(check_network, fixture.context, "port") == Verdict::bad);
  fixture.context.address = "nowhere";
  CHECK(verdict(check_network, fixture.context, "port") == Verdict::bad);
}

TEST_CASE("doctor: the disk check measures syncs and leaves no file") {
  DoctorFixture fixture;
  fs::create_directory(fixture.context.data);
  Findings findings;
  check_disk(fixture.context, findings);
  CHECK(fs::is_empty(fixture.context.data));
  const auto syncs =
      std::find_if(findings.begin(), findings.end(), [](const Finding& f) { return f.check == "syncs"; });
  REQUIRE(syncs != findings.end());
  CHECK(syncs->text.find(" ms") != std::string::npos);
  fixture.context.data = "/proc/self"; // where no file can be created
  CHECK(verdict(check_disk, fixture.context, "syncs") == Verdict::bad);
  fixture.context.data = "/dev/shm";
  CHECK(verdict(check_disk, fixture.context, "file system") == Verdict::warn);
}

TEST_CASE("doctor: a clock that was set back is reported") {
  DoctorFixture fixture;
  fixture.make_data();
  const auto worst = verdict(check_clock, fixture.context, "clock");
  fs::last_write_time(fixture.context.data / "data.mdb", fs::file_time_type::clock::now() + std::chrono::hours(1));
  Findings findings;
  check_clock(fixture.context, findings);
  CHECK(worst != Verdict::bad);
  CHECK(findings.back().text.find("future") != std::string::npos);
}

TEST_CASE("doctor: stored times that disagree with the clock are reported") {
  constexpr std::int64_t day_ms = 86'400'000;
  DoctorFixture fixture;
  fixture.make_data();
  const auto record = [&](std::int64_t ahead, std::int64_t vouched_ahead) {
    const auto wall =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    const auto directory = store::Directory::open(fixture.context.data);
    REQUIRE(directory);
    store::LivenessRecord liveness;
    liveness.now = wall + ahead;
    liveness.vouched = wall + vouched_ahead;
    REQUIRE((*directory)->store().record_liveness(liveness));
  };
  record(0, 0);
  CHECK(verdict(check_data, fixture.context, "stored time") == Verdict::ok);
  record(180 * day_ms, 0);
  CHECK(verdict(check_data, fixture.context, "stored time") == Verdict::warn);
  CHECK(verdict(check_data, fixture.context, "retention") == Verdict::warn);
}

TEST_CASE("doctor: existence, permissions and contents of the data directory are checked") {
  DoctorFixture fixture;
  CHECK(verdict(check_data, fixture.context, "data directory") == Verdict::ok); // missing: serve creates it
  fixture.make_data();
  CHECK(verdict(check_data, fixture.context, "data directory") == Verdict::ok);
  CHECK(verdict(check_data, fixture.context, "data.mdb") == Verdict::ok);
  CHECK(verdict(check_data, fixture.context, "data") == Verdict::ok);
  ::chmod(fixture.context.data.c_str(), 0755);
  CHECK(verdict(check_data, fixture.context, "data directory") == Verdict::warn);
  ::chmod(fixture.context.data.c_str(), 0777);
  CHECK(verdict(check_data, fixture.context, "data directory") == Verdict::bad);

  fs::resize_file(fixture.context.data / "data.mdb", 100);
  CHECK(verdict(check_data, fixture.context, "data") == Verdict::bad);
  fixture.context.data = fixture.path / "not" / "there";
  CHECK(verdict(check_data, fixture.context, "data directory") == Verdict::bad);
  fixture.file("file", "");
  fixture.context.data = fixture.path / "file";
  CHECK(verdict(check_data, fixture.context, "data directory") == Verdict::bad);
}

TEST_CASE("doctor: tokens and the permissions of their file are checked") {
  DoctorFixture fixture;
  fixture.make_data();
  CHECK(verdict(check_data, fixture.context, "tokens") == Verdict::ok); // loopback
  fixture.context.address = "0.0.0.0";
  CHECK(verdict(check_data, fixture.context, "tokens") == Verdict::bad);
  fixture.context.allow_anonymous = true;
  CHECK(verdict(check_data, fixture.context, "tokens") == Verdict::warn);
  REQUIRE(access::TokenFile(fixture.context.data).change([](auto&) { return tl::expected<void, std::string>(); }));
  const fs::path tokens = fixture.context.data / "tokens.json";
  REQUIRE(fs::exists(tokens));
  ::chmod(tokens.c_str(), 0644);
  CHECK(verdict(check_data, fixture.context, "tokens") == Verdict::bad);
  ::chmod(tokens.c_str(), 0600);
  CHECK(verdict(check_data, fixture.context, "tokens") == Verdict::warn); // the file has no tokens
}
