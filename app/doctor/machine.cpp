// The kernel and the clock.
#include "app/doctor/context.hpp"

#include <chrono>
#include <cstdio>

#include <sys/timex.h>
#include <sys/utsname.h>

namespace nvrhub::app {

namespace {

constexpr int min_major = 5;
constexpr int min_minor = 10;

} // namespace

void check_machine(const DoctorContext&, Findings& findings) {
  utsname name{};
  int major = 0;
  int minor = 0;
  if (uname(&name) != 0 || std::sscanf(name.release, "%d.%d", &major, &minor) != 2) {
    findings.push_back(warn("kernel", "its version cannot be read", "nvrhub is tested on Debian 12's 6.1."));
    return;
  }
  const std::string text = std::string(name.sysname) + " " + name.release + " " + name.machine;
  const bool old = major < min_major || (major == min_major && minor < min_minor);
  findings.push_back(old ? warn("kernel", text, "This kernel is older than 5.10; nvrhub is tested on Debian 12's 6.1.")
                         : ok("kernel", text));
}

void check_clock(const DoctorContext& context, Findings& findings) {
  timex state{};
  const int result = adjtimex(&state); // modes 0: only reads
  if (result < 0) {
    findings.push_back(warn("clock", "cannot read whether a time service synchronizes it", "Check it on the host."));
  } else if (result == TIME_ERROR || (state.status & STA_UNSYNC) != 0) {
    findings.push_back(
        warn("clock", "no time service synchronizes it",
             "Install systemd-timesyncd or chrony. Statuses do not depend on this clock; the times of the "
             "history and availabilities do. After more than an hour without a server, a clock that is not "
             "synchronized must be confirmed: nvrhub clock confirm"));
  } else {
    findings.push_back(
        ok("clock", "synchronized by a time service, maximum error " + std::to_string(state.maxerror / 1000) + " ms"));
  }
  std::error_code error;
  const auto written = std::filesystem::last_write_time(context.data / "data.mdb", error);
  const auto ahead = written - std::filesystem::file_time_type::clock::now();
  if (!error && ahead > std::chrono::minutes(1)) {
    findings.push_back(warn("clock", "data.mdb has a modification time in the future: the clock was set back",
                            "Until the clock has caught up, new events have the time of the last one."));
  }
}

} // namespace nvrhub::app
