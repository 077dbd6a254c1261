#include "simulate/simulate.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>

#include "simulate/dashboard.hpp"
#include "simulate/limits.hpp"
#include "simulate/nvr/report.hpp"
#include "simulate/register.hpp"
#include "simulate/worker.hpp"

namespace nvrhub::simulate {

namespace {

using namespace std::chrono_literals;

constexpr auto progress_on_terminal = 1s;
constexpr auto progress_elsewhere = 10s;
constexpr auto wait_for_answers = 5s;
constexpr auto wait_for_closes = 2s;

/// Writes to stderr. Unlike fmt::print, it ignores that nothing can be written there: the simulation goes on.
template <class... Values>
void print_message(fmt::format_string<Values...> format, Values&&... values) {
  std::fputs(fmt::format(format, std::forward<Values>(values)...).c_str(), stderr);
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Starts the fleet's threads and waits in the main thread for the end of the run.
class Run {
public:
  Run(const Options& options, Simulation& simulation, Dashboards& dashboards)
      : options_(options), tracker_(simulation.tracker), dashboards_(dashboards) {
    const std::uint32_t threads = std::clamp<std::uint32_t>(options.threads, 1, std::max(1u, options.nvrs));
    for (std::uint32_t first = 0; first < threads; ++first)
      workers_.push_back(std::make_unique<Worker>(simulation, first, threads));
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      interrupted_ = true;
      main_.stop();
    });
  }

  Report operator()() {
    Report report;
    report.options = options_;
    const double cpu_before = cpu_seconds();
    report.began = Clock::now();
    for (const auto& worker : workers_)
      worker->start();
    show_progress_until(report.began, options_.duration > 0ms ? report.began + options_.duration : TimePoint::max());
    for (const auto& worker : workers_)
      worker->finish();
    report.ran = Clock::now() - report.began;
    report.cpu_s = cpu_seconds() - cpu_before;
    report.interrupted = interrupted_;
    const std::uint64_t unanswered = await_answers();
    report.nvrs = totals();
    report.nvrs.unanswered = unanswered;
    report.changes = tracker_.result();
    report.dashboards = dashboards_.hang_up(Clock::now() + wait_for_closes);
    for (const auto& worker : workers_)
      worker->hang_up();
    const auto until = Clock::now() + wait_for_closes;
    for (const auto& worker : workers_)
      worker->join(until);
    return report;
  }

private:
  Totals totals() const {
    Totals sum;
    for (const auto& worker : workers_)
      sum += worker->totals();
    return sum;
  }

  void show_progress_until(TimePoint began, TimePoint end) {
    const bool terminal = isatty(STDERR_FILENO) == 1;
    const Clock::duration pause = terminal ? Clock::duration(progress_on_terminal) : progress_elsewhere;
    Totals before;
    TimePoint last = began;
    while (!interrupted_ && last < end) {
      main_.restart();
      main_.run_until(std::min(end, last + pause));
      const auto now = Clock::now();
      const auto sum = totals();
      const auto line = progress_line(before, sum, tracker_.result(), options_.nvrs,
                                      std::chrono::duration<double>(now - began).count(),
                                      std::max(1e-3, std::chrono::duration<double>(now - last).count()));
      terminal ? print_message("\r\033[K{}", line) : print_message("{}\n", line);
      std::fflush(stderr);
      before = sum;
      last = now;
    }
    if (terminal) print_message("\n");
  }

  /// Waits for answers to the last reports; returns how many messages were never answered.
  std::uint64_t await_answers() {
    const auto until = Clock::now() + wait_for_answers;
    for (;;) {
      std::uint64_t unanswered = 0;
      for (const auto& worker : workers_)
        unanswered += worker->unanswered();
      if ((unanswered == 0 && tracker_.outstanding() == 0) || Clock::now() > until) return unanswered;
      std::this_thread::sleep_for(20ms);
    }
  }

  const Options& options_;
  ChangeTracker& tracker_;
  Dashboards& dashboards_;
  std::vector<std::unique_ptr<Worker>> workers_;
  boost::asio::io_context main_{1};
  boost::asio::signal_set signals_{main_, SIGINT, SIGTERM};
  bool interrupted_ = false;
};

void check(const Options& options) {
  const auto must = [](bool met, const char* what) {
    if (!met) throw std::runtime_error(what);
  };
  must(options.nvrs > 0, "--nvrs must be at least 1");
  must(options.flat_out || options.interval > 0ms, "--interval must be greater than 0");
  must(options.change_rate >= 0 && options.change_rate <= 1, "--change-rate must be between 0 and 1");
  must(options.churn >= 0 && options.connects_per_s >= 0, "--churn and --connects-per-s must not be negative");
}

int run(const Options& options) {
  check(options);
  const auto print_error = [](const std::string& what) { print_message("nvrhub simulate: {}\n", what); };
  if (auto problem = raise_open_files(std::uint64_t{options.nvrs} + std::max(1u, options.dashboards));
      !problem.empty()) {
    print_error(problem);
    return 1;
  }
  std::vector<Target> targets;
  for (std::size_t i = 0; i <= options.failover.size(); ++i) {
    auto target = resolve(i == 0 ? options.server : options.failover[i - 1]);
    if (!target) {
      print_error(target.error());
      return 1;
    }
    targets.push_back(std::move(*target));
  }
  const FleetSpec fleet{.hostname_prefix = options.hostname_prefix,
                        .nvrs = options.nvrs,
                        .cameras = options.cameras,
                        .change_rate = options.change_rate,
                        .seed = options.seed};
  const FrameWriter frames(fleet);
  if (options.register_first) {
    const auto answer = register_fleet(options.server, fleet, frames);
    print_message("registered: {} created, {} updated, {} failed\n", answer.created, answer.updated, answer.failed);
    if (answer.failed > 0) print_error("the server rejected a line of the import: " + answer.first_failure);
  }
  ChangeTracker tracker(fleet);
  Dashboards dashboards(targets.front(), options.dashboards, tracker);
  if (const auto problem = dashboards.open(); !problem.empty()) {
    print_error(fmt::format("cannot open the dashboard socket {}: {}", dashboard_path, problem));
    return 1;
  }
  Simulation simulation{options, targets, fleet, frames, tracker};
  const Report report = Run(options, simulation, dashboards)();
  std::fputs(((options.json ? as_json(report) : as_text(report)) + "\n").c_str(), stdout); // main() checks stdout
  const auto failures = report.failures();
  for (const auto& failure : failures)
    print_error(failure);
  return failures.empty() ? 0 : 1;
}

} // namespace

int run_simulation(const Options& options) {
  try {
    return run(options);
  } catch (const std::exception& problem) {
    print_message("nvrhub simulate: {}\n", problem.what());
    return 1;
  }
}

} // namespace nvrhub::simulate
