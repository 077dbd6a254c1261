#include "simulate/nvr/report.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

namespace nvrhub::simulate {

namespace {

/// Rows of a label and a value, aligned.
class Table {
public:
  explicit Table(std::string& out) : out_(out) {}

  void head(std::string_view title) { fmt::format_to(std::back_inserter(out_), "\n{}\n", title); }

  template <typename... Args>
  void row(std::string_view label, fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), "  {:<32}", label);
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    out_ += '\n';
  }
  void count(std::string_view label, std::uint64_t count) { row(label, "{:>12}", count); }
  /// For counts that are usually 0.
  void count_if_any(std::string_view label, std::uint64_t n) {
    if (n > 0) count(label, n);
  }
  template <typename Key>
  void counts(std::string_view label, const std::map<Key, std::uint64_t>& by) {
    for (const auto& [key, n] : by)
      count(fmt::format("{} {}", label, key), n);
  }
  void latency(std::string_view label, const Latency& l) {
    row(label, "{:>10} {:>10} {:>10} {:>10} {:>10} {:>10}", l.count(), readable(l.percentile(0.5)),
        readable(l.percentile(0.9)), readable(l.percentile(0.99)), readable(l.percentile(0.999)), readable(l.max()));
  }

private:
  std::string& out_;
};

std::string phase(const Report& report, std::uint64_t done, TimePoint end) {
  const double seconds = phase_s(report, done, end);
  return seconds < 0 ? fmt::format("{} of {}", done, report.options.nvrs) : fmt::format("{:.3f} s", seconds);
}

void connections(Table& table, const Totals& n) {
  table.count("online at the end", n.online);
  table.count_if_any("reconnects", n.reconnects);
  table.count_if_any("drops by churn, clean", n.drops_clean);
  table.count_if_any("drops by churn, abrupt", n.drops_abrupt);
  table.count_if_any("messages lost by a disconnect", n.cut_off);
  table.count_if_any("timeouts while connecting", n.timeouts);
  table.count_if_any("stopped by a close code", n.gave_up);
  table.counts("closed by the server,", n.closes);
  table.counts("upgrade refused, HTTP", n.refusals);
  table.counts("not connected:", n.connect_fails);
  table.counts("broken:", n.breaks);
}

} // namespace

std::string readable(double seconds) {
  if (seconds <= 0) return "–";
  if (seconds < 1e-3) return fmt::format("{:.0f} µs", seconds * 1e6);
  if (seconds < 1) return fmt::format("{:.2f} ms", seconds * 1e3);
  return fmt::format("{:.2f} s", seconds);
}

double phase_s(const Report& report, std::uint64_t done, TimePoint end) {
  return done < report.options.nvrs ? -1 : std::chrono::duration<double>(end - report.began).count();
}

std::vector<std::string> Report::failures() const {
  std::vector<std::string> why;
  if (nvrs.answered_ever == 0) {
    why.emplace_back(nvrs.auths > 0
                         ? "no NVR was accepted: register the fleet (--register) or start the server with --enroll auto"
                         : "no NVR could connect");
  } else if (!interrupted && nvrs.answered_ever < options.nvrs) {
    why.push_back(
        fmt::format("{} of {} NVRs were never authenticated", options.nvrs - nvrs.answered_ever, options.nvrs));
  }
  if (nvrs.online == 0 && nvrs.answered_ever > 0) why.emplace_back("no NVR was online at the end");
  if (lost() > 0)
    why.push_back(fmt::format("{} acknowledged changes never reached the dashboard, the first one from {}", lost(),
                              changes.first_outstanding));
  if (nvrs.unanswered > 0)
    why.push_back(fmt::format("{} messages on open connections were never answered", nvrs.unanswered));
  return why;
}

std::string as_text(const Report& report) {
  const Totals& n = report.nvrs;
  const double seconds = std::max(report.ran.count(), 1e-3);
  std::string out;
  Table table(out);
  table.head("Fleet");
  table.row("NVRs × cameras", "{:>12}", fmt::format("{} × {}", report.options.nvrs, report.options.cameras));
  table.row("ran", "{:>10.1f} s", seconds);
  table.row("all authenticated after", "{:>12}", phase(report, n.answered_ever, n.last_first_auth));
  table.row("all shown online after", "{:>12}",
            phase(report, report.changes.shown_online, report.changes.last_first_online));
  table.row("CPU of the simulator", "{:>10.0f} %", 100 * report.cpu_s / seconds);

  table.head("Connections");
  connections(table, n);

  table.head("Reports");
  table.row("sent", "{:>12}  {:.0f}/s", n.reports, static_cast<double>(n.reports) / seconds);
  table.row("acked", "{:>12}  {:.0f}/s", n.acks, static_cast<double>(n.acks) / seconds);
  table.count("with a change", n.changes);
  table.count_if_any("acks with a wrong count", n.miscounted);
  table.count_if_any("camera entries refused", n.skipped);
  table.count_if_any("delayed, socket busy", n.delayed);
  table.count_if_any("never answered", n.unanswered);
  table.count_if_any("answers not understood", n.not_understood);
  table.counts("error", n.errors);

  table.head("Dashboards");
  table.count("updates on the measuring one", report.changes.updates);
  table.count("messages on all", report.dashboards.messages);
  table.count("lost", report.lost());
  table.count_if_any("changes not measured", report.changes.unmeasured);
  table.count_if_any("updates of other NVRs", report.changes.foreign);
  table.count_if_any("measuring one disconnected", report.dashboards.measuring_ends);
  table.count_if_any("any disconnected", report.dashboards.ends);
  table.counts("closed by the server,", report.dashboards.closes);

  fmt::format_to(std::back_inserter(out), "\n{:<34}{:>10} {:>10} {:>10} {:>10} {:>10} {:>10}\n", "Latency", "count",
                 "p50", "p90", "p99", "p99.9", "max");
  table.latency("report → ack", n.ack);
  table.latency("change → dashboard", report.changes.change);
  table.latency("auth → auth_ok", n.auth);
  table.latency("auth → dashboard", report.changes.auth);
  return out.substr(1);
}

std::string progress_line(const Totals& before, const Totals& now, const ChangeTracker::Result& changes,
                          std::uint32_t nvrs, double elapsed_s, double seconds) {
  const auto rate = [seconds](std::uint64_t from, std::uint64_t to) {
    return static_cast<double>(to - from) / seconds;
  };
  return fmt::format("{:7.1f} s  connected {}/{}  reports {:.0f}/s  acks {:.0f}/s  p99 {}  change→dashboard p99 {}",
                     elapsed_s, now.online, nvrs, rate(before.reports, now.reports), rate(before.acks, now.acks),
                     readable(now.ack.since(before.ack).percentile(0.99)), readable(changes.change.percentile(0.99)));
}

} // namespace nvrhub::simulate
