// What a report costs the server: sends the seed's heartbeats (no ids, so no acks but the last) over many sockets,
// paced or as fast as the server reads, and divides the CPU time of the server's process by their number. See
// bench/README.md.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <random>
#include <string>
#include <sys/epoll.h>
#include <thread>
#include <vector>

#include "client.hpp"

using namespace bench;

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::uint16_t port = 0;
  int pid = 0;
  std::size_t nvrs = 1000;
  std::size_t cameras = 32;
  std::size_t reports = 200'000;
  double rate = 0; // a second; 0: flat out
  double change = 0.05;
};

/// A heartbeat whose timestamp and first status are overwritten in place ("online " and "offline" have one length).
struct Nvr {
  int fd = -1;
  std::string heartbeat;
  std::size_t payload = 0; // where it begins in the frame
  std::size_t time_at = 0; // in the payload, as status_at
  std::size_t status_at = 0;
  bool online = true;
  std::size_t sent = 0; // of `heartbeat`
  std::size_t left = 0; // reports to send

  void next(std::mt19937& random, const Options& options) {
    char time[32];
    const unsigned ms = static_cast<unsigned>(random() % 1000);
    std::snprintf(time, sizeof time, "%02u:%02u.%03u", ms % 60, ms % 59, ms);
    overwrite(heartbeat, payload, time_at, {time, 9});
    if (std::uniform_real_distribution<>(0, 1)(random) < options.change) {
      online = !online;
      overwrite(heartbeat, payload, status_at, online ? "fine_on" : "offline");
    }
  }
};

std::string cameras_json(std::size_t count) {
  std::string list;
  for (std::size_t i = 0; i < count; ++i) {
    char entry[160];
    std::snprintf(entry, sizeof entry, R"(%s{"name":"CAM-%03zu","ip_address":"192.168.%zu.%zu","status":"%s"})",
                  i == 0 ? "" : ",", i + 1, i / 250, i % 250, i == 0 ? "fine_on" : "online");
    list += entry;
  }
  return R"({"status":"online","cameras":[)" + list + "]}";
}

Nvr connect_nvr(std::size_t index, const Options& options) {
  Nvr nvr;
  nvr.fd = open_websocket(options.port, "/ws");
  const std::string status = cameras_json(options.cameras);
  send_all(nvr.fd, frame(R"({"type":"auth","hostname":"BENCH-)" + std::to_string(index) + R"(","systemStatus":)" +
                         status + "}"));
  read_until(nvr.fd, "auth_ok");
  const std::string heartbeat =
      R"({"type":"heartbeat","timestamp":"2026-11-22T10:00:00.000Z","systemStatus":)" + status + "}";
  nvr.heartbeat = frame(heartbeat);
  nvr.payload = payload_at(heartbeat);
  nvr.time_at = heartbeat.find("00:00.000Z");
  nvr.status_at = heartbeat.find("fine_on");
  nvr.left = options.reports / options.nvrs;
  fcntl(nvr.fd, F_SETFL, O_NONBLOCK);
  return nvr;
}

/// Writes as much as the socket takes, one report at most; true when that report is out.
bool send_report(Nvr& nvr, std::mt19937& random, const Options& options) {
  if (nvr.sent == 0) nvr.next(random, options);
  const ssize_t count = write(nvr.fd, nvr.heartbeat.data() + nvr.sent, nvr.heartbeat.size() - nvr.sent);
  if (count < 0 && errno != EAGAIN) die("write");
  nvr.sent += count > 0 ? static_cast<std::size_t>(count) : 0;
  if (nvr.sent < nvr.heartbeat.size()) return false;
  nvr.sent = 0;
  --nvr.left;
  return true;
}

void flat_out(std::vector<Nvr>& nvrs, std::mt19937& random, const Options& options) {
  const int poll = epoll_create1(0);
  for (std::size_t i = 0; i < nvrs.size(); ++i) {
    epoll_event want{};
    want.events = EPOLLOUT;
    want.data.u64 = i;
    epoll_ctl(poll, EPOLL_CTL_ADD, nvrs[i].fd, &want);
  }
  std::vector<epoll_event> ready(512);
  for (std::size_t open = nvrs.size(); open > 0;) {
    const int count = epoll_wait(poll, ready.data(), static_cast<int>(ready.size()), -1);
    for (int i = 0; i < count; ++i) {
      Nvr& nvr = nvrs[ready[static_cast<std::size_t>(i)].data.u64];
      if (!send_report(nvr, random, options) || nvr.left > 0) continue;
      epoll_ctl(poll, EPOLL_CTL_DEL, nvr.fd, nullptr);
      --open;
    }
  }
  close(poll);
}

void paced(std::vector<Nvr>& nvrs, std::mt19937& random, const Options& options) {
  const auto gap = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / options.rate));
  Clock::time_point due = Clock::now();
  for (std::size_t i = 0; i < options.reports / nvrs.size() * nvrs.size(); ++i, due += gap) {
    std::this_thread::sleep_until(due);
    while (!send_report(nvrs[i % nvrs.size()], random, options))
      std::this_thread::yield();
  }
}

} // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string flag = argv[i];
    const double value = std::atof(argv[i + 1]);
    if (flag == "--port")
      options.port = static_cast<std::uint16_t>(value);
    else if (flag == "--pid")
      options.pid = static_cast<int>(value);
    else if (flag == "--nvrs")
      options.nvrs = static_cast<std::size_t>(value);
    else if (flag == "--cameras")
      options.cameras = static_cast<std::size_t>(value);
    else if (flag == "--reports")
      options.reports = static_cast<std::size_t>(value);
    else if (flag == "--rate")
      options.rate = value;
    else if (flag == "--change")
      options.change = value;
    else
      die("unknown flag " + flag);
  }
  raise_descriptor_limit();

  std::mt19937 random(1);
  std::vector<Nvr> nvrs;
  for (std::size_t i = 0; i < options.nvrs; ++i)
    nvrs.push_back(connect_nvr(i, options));
  std::this_thread::sleep_for(std::chrono::seconds(1)); // what connecting left behind is not the reports'

  const double before = cpu_seconds(options.pid);
  const auto start = Clock::now();
  options.rate > 0 ? paced(nvrs, random, options) : flat_out(nvrs, random, options);
  for (Nvr& nvr : nvrs) { // the ack of the last message says that all before it were read
    fcntl(nvr.fd, F_SETFL, 0);
    send_all(nvr.fd, frame(R"({"type":"heartbeat","id":1})" + std::string(110, ' ')));
    read_until(nvr.fd, "ack");
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const double cpu = cpu_seconds(options.pid) - before;
  const auto count = static_cast<double>(options.reports / options.nvrs * options.nvrs);
  std::printf("%zu NVRs x %zu cameras, %zu bytes, %s, %.0f %% change: %.0f reports/s, %.1f us of server CPU a report\n",
              options.nvrs, options.cameras, nvrs[0].heartbeat.size(), options.rate > 0 ? "paced" : "flat out",
              options.change * 100, count / seconds, cpu / count * 1e6);
}
