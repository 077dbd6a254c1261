// The cost of dashboards for the server, and their latency. Prints JSON objects, one per line. See bench/README.md.
// Usage: dashboards feed|subscribe|snapshot --port N --pid N [--dashboards N] [--stalled N] [--rate N] [--seconds N]
#include <algorithm>
#include <cstdio>
#include <string>

#include "client.hpp"
#include "dashboards.hpp"
#include "flags.hpp"

using namespace bench;

namespace {

struct Options {
  std::uint16_t port = 0;
  int pid = 0;
  std::size_t dashboards = 1;
  std::size_t stalled = 0; // how many of the dashboards read nothing
  double rate = 200;       // changes a second
  double seconds = 10;
  std::size_t nvrs = 9500; // registered first in mode snapshot
};

double percentile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

std::string latencies(std::vector<double> values) {
  char text[120];
  std::snprintf(text, sizeof text, R"({"p50_ms":%.2f,"p99_ms":%.2f,"most_ms":%.2f,"count":%zu})",
                percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1), values.size());
  return text;
}

void sleep_seconds(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

constexpr auto quiet = std::chrono::milliseconds(700);

/// The server's CPU time during `options.seconds` of changes.
double cost_of_changes(Changes& changes, const Options& options, std::size_t& count) {
  const double before = cpu_seconds(options.pid);
  changes.start(options.rate);
  sleep_seconds(options.seconds);
  count = changes.stop();
  return cpu_seconds(options.pid) - before;
}

void fan_out(const Options& options, bool subscribe) {
  Changes changes(options.port, 400);
  sleep_seconds(1);
  std::size_t count = 0;
  const double alone = cost_of_changes(changes, options, count) / static_cast<double>(count);

  Readers readers(options.port, options.dashboards, options.stalled, std::min<std::size_t>(options.dashboards, 4),
                  changes);
  if (subscribe) readers.send(R"({"type":"subscribe"})");
  readers.start();
  readers.until_quiet(quiet);
  readers.take_latencies();
  std::vector<std::uint64_t> before;
  for (const Dashboard& dashboard : readers.all())
    before.push_back(dashboard.bytes);
  const double cpu = cost_of_changes(changes, options, count);
  readers.until_quiet(quiet);
  const std::vector<double> late = readers.take_latencies();
  readers.stop();

  std::size_t unequal = 0;
  const std::uint64_t bytes = readers.all().back().bytes - before.back();
  for (std::size_t i = options.stalled; i < before.size(); ++i)
    unequal += readers.all()[i].bytes - before[i] != bytes ? 1 : 0;
  const auto delivered = static_cast<double>(count) * static_cast<double>(options.dashboards - options.stalled);
  const auto changed = static_cast<double>(count);
  std::printf(R"({"mode":"%s","dashboards":%zu,"stalled":%zu,"rate":%.0f,"delivered_us":%.3f,"change_us":%.2f,)"
              R"("change_alone_us":%.2f,"cpu_share":%.3f,"bytes_each":%llu,"heard":%s,"all_got_the_same":%s})"
              "\n",
              subscribe ? "subscribe" : "feed", options.dashboards, options.stalled, options.rate,
              (cpu - alone * changed) / delivered * 1e6, cpu / changed * 1e6, alone * 1e6, cpu / options.seconds,
              static_cast<unsigned long long>(bytes), latencies(late).c_str(), unequal > 0 ? "false" : "true");
}

/// Registers a fleet over HTTP, in several requests.
void register_fleet(const Options& options) {
  const int fd = connect_to(options.port);
  std::string lines;
  for (std::size_t i = 0; i < options.nvrs; ++i) {
    lines +=
        R"({"hostname":"NVR-)" + std::to_string(i) + R"(","site":"Site )" + std::to_string(i % 40) + R"(","cameras":[)";
    for (int camera = 0; camera < 32; ++camera) {
      lines += (camera == 0 ? R"({"name":"CAM-)" : R"(,{"name":"CAM-)") + std::to_string(100 + camera) +
               R"(","ip_address":"192.168.0.)" + std::to_string(camera) + "\"}";
    }
    lines += "]}\n";
    if (lines.size() < 250'000 && i + 1 < options.nvrs) continue;
    send_all(fd, "POST /api/v1/import HTTP/1.1\r\nHost: bench\r\nContent-Length: " + std::to_string(lines.size()) +
                     "\r\n\r\n" + lines);
    read_until(fd, "failed\":[]");
    lines.clear();
  }
  close(fd);
}

void snapshots(const Options& options) {
  register_fleet(options);
  Changes changes(options.port, 400);
  Readers live(options.port, 1, 0, 1, changes);
  live.send(R"({"type":"subscribe"})");
  live.start();
  live.until_whole();
  changes.start(options.rate);
  sleep_seconds(1);
  live.take_latencies();
  sleep_seconds(options.seconds);
  std::printf(R"({"asking":0,"live_hears":%s})"
              "\n",
              latencies(live.take_latencies()).c_str());
  for (const std::size_t count : {std::size_t{1}, options.dashboards}) {
    Readers readers(options.port, count, 0, 0, changes);
    readers.start();
    live.take_latencies();
    const double before = cpu_seconds(options.pid);
    const Clock::time_point begin = Clock::now();
    readers.send(R"({"type":"subscribe"})");
    readers.until_whole();
    const double cpu = cpu_seconds(options.pid) - before;
    const std::vector<double> late = live.take_latencies();
    readers.stop();
    std::vector<double> took;
    std::uint64_t bytes = 0;
    for (const Dashboard& dashboard : readers.all()) {
      took.push_back(std::chrono::duration<double, std::milli>(dashboard.last_page - begin).count());
      bytes = dashboard.bytes;
    }
    std::printf(R"({"asking":%zu,"bytes_each":%llu,"pages_each":%llu,"first_whole_ms":%.1f,"last_whole_ms":%.1f,)"
                R"("cpu_s":%.3f,"live_hears":%s})"
                "\n",
                count, static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(readers.all()[0].pages),
                percentile(took, 0), percentile(took, 1), cpu, latencies(late).c_str());
  }
  changes.stop();
  live.stop();
}

} // namespace

int main(int argc, char** argv) {
  Options options;
  const std::string mode = argc > 1 ? argv[1] : "";
  read_flags(argc, argv, 2,
             {{"--port", &options.port},
              {"--pid", &options.pid},
              {"--dashboards", &options.dashboards},
              {"--stalled", &options.stalled},
              {"--rate", &options.rate},
              {"--seconds", &options.seconds}});
  raise_descriptor_limit();
  if (mode == "feed" || mode == "subscribe")
    fan_out(options, mode == "subscribe");
  else if (mode == "snapshot")
    snapshots(options);
  else
    die("usage: dashboards feed|subscribe|snapshot --port N --pid N ...");
}
