// `all`: a whole fleet performs one action at the same moment: it connects, each NVR is taken over by a new socket,
// all sockets close, all reconnect. Measures the time until a dashboard has received every update. `idle` connects the
// fleet slowly and measures its memory. Prints JSON objects, one per line. See bench/README.md.
// Usage: storm all|idle --port N --pid N [--nvrs N] [--cameras N] [--tls 1 [--resume 1]]
#include <csignal>
#include <cstdio>
#include <string>
#include <thread>

#include "client.hpp"
#include "flags.hpp"
#include "storm.hpp"

using namespace bench;

namespace {

struct Options {
  std::uint16_t port = 0;
  int pid = 0;
  std::size_t nvrs = 9500;
  std::size_t cameras = 32;
  int tls = 0;
  int resume = 0;

  Fleet::Way way() const { return {tls != 0, resume != 0}; }
};

constexpr auto patience = std::chrono::seconds(60);
constexpr auto late_comers = std::chrono::milliseconds(500); // a wrong second event of an NVR would arrive in this time

double ms_since(Clock::time_point begin, Clock::time_point end) {
  return std::chrono::duration<double, std::milli>(end - begin).count();
}

void report(const char* phase, const Options& options, double cpu, const std::string& more) {
  std::printf(R"({"phase":"%s","nvrs":%zu,"cameras":%zu,"cpu_us_each":%.2f%s})"
              "\n",
              phase, options.nvrs, options.cameras, cpu / static_cast<double>(options.nvrs) * 1e6, more.c_str());
  std::fflush(stdout);
}

std::string shown(const Watch& watch, Clock::time_point begin) {
  const auto [least, most] = watch.events_each();
  return R"(,"shown_ms":)" + std::to_string(ms_since(begin, watch.all_at())) + R"(,"events_least":)" +
         std::to_string(least) + R"(,"events_most":)" + std::to_string(most);
}

void connect_all(const char* phase, Fleet& fleet, Watch& watch, const Options& options) {
  const double before = cpu_seconds(options.pid);
  const auto begin = Clock::now();
  watch.expect("online");
  const Fleet::Outcome outcome = fleet.connect(options.nvrs);
  watch.until_all(patience);
  const double cpu = cpu_seconds(options.pid) - before;
  std::this_thread::sleep_for(late_comers);
  report(phase, options, cpu,
         shown(watch, begin) + R"(,"retries":)" + std::to_string(outcome.retries) + R"(,"resumed":)" +
             std::to_string(outcome.resumed));
}

/// Uses a window: all old and new sockets together would exceed the descriptor limit of one process.
void take_over(Fleet& fleet, Watch& watch, const Options& options) {
  const double before = cpu_seconds(options.pid);
  const auto begin = Clock::now();
  watch.expect("offline"); // must not arrive
  const Fleet::Outcome outcome = fleet.connect(4000);
  const double cpu = cpu_seconds(options.pid) - before;
  const auto took = ms_since(begin, Clock::now());
  std::this_thread::sleep_for(late_comers);
  report("takeover", options, cpu,
         R"(,"taken_ms":)" + std::to_string(took) + R"(,"retries":)" + std::to_string(outcome.retries) +
             R"(,"old_closed":)" + std::to_string(outcome.replaced_closed) + R"(,"new_alive":)" +
             std::to_string(fleet.alive()) + R"(,"shown_offline":)" + std::to_string(watch.shown()));
}

void drop_all(Fleet& fleet, Watch& watch, const Options& options) {
  const double before = cpu_seconds(options.pid);
  watch.expect("offline");
  const auto begin = Clock::now();
  fleet.drop();
  const double closed = ms_since(begin, Clock::now());
  watch.until_all(patience);
  const double cpu = cpu_seconds(options.pid) - before;
  std::this_thread::sleep_for(late_comers);
  report("drop", options, cpu, shown(watch, begin) + R"(,"closed_ms":)" + std::to_string(closed));
}

void all(const Options& options) {
  Watch watch(options.port, options.nvrs, options.tls != 0);
  Fleet fleet(options.port, options.nvrs, options.cameras, options.way());
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  connect_all("connect", fleet, watch, options);
  std::this_thread::sleep_for(std::chrono::seconds(1));
  take_over(fleet, watch, options);
  std::this_thread::sleep_for(std::chrono::seconds(1));
  drop_all(fleet, watch, options);
  std::this_thread::sleep_for(std::chrono::seconds(1));
  connect_all("return", fleet, watch, options);
}

void idle(const Options& options) {
  Fleet fleet(options.port, options.nvrs, options.cameras, options.way());
  const ProcessMemory before = memory_of(options.pid);
  const double cpu = cpu_seconds(options.pid);
  fleet.connect(100);
  std::this_thread::sleep_for(std::chrono::seconds(10)); // until the work deferred while connecting is done
  const ProcessMemory after = memory_of(options.pid);
  const auto each = [&options](double kb) { return std::to_string(kb / static_cast<double>(options.nvrs)); };
  report("idle", options, cpu_seconds(options.pid) - cpu,
         R"(,"rss_kb_each":)" + each(after.resident - before.resident) + R"(,"own_kb_each":)" +
             each(after.own - before.own));
}

} // namespace

int main(int argc, char** argv) {
  Options options;
  const std::string mode = argc > 1 ? argv[1] : "";
  read_flags(argc, argv, 2,
             {{"--port", &options.port},
              {"--pid", &options.pid},
              {"--nvrs", &options.nvrs},
              {"--cameras", &options.cameras},
              {"--tls", &options.tls},
              {"--resume", &options.resume}});
  raise_descriptor_limit();
  std::signal(SIGPIPE, SIG_IGN); // OpenSSL writes to sockets that the server has closed
  if (mode == "all")
    all(options);
  else if (mode == "idle")
    idle(options);
  else
    die("usage: storm all|idle --port N --pid N ...");
}
