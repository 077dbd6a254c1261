// The kernel, and the clock.
#include "app/doctor/patient.hpp"

#include <chrono>
#include <cstdio>

#include <sys/timex.h>
#include <sys/utsname.h>

namespace nvrhub::app {

namespace {

constexpr int oldest_major = 5;
constexpr int oldest_minor = 10;

} // namespace

void examine_machine(const Patient&, Findings& findings) {
  utsname name{};
  int major = 0;
  int minor = 0;
  if (uname(&name) != 0 || std::sscanf(name.release, "%d.%d", &major, &minor) != 2) {
    findings.push_back(warn("kernel", "its version can't be read", "nvrhub is tried on Debian 12's 6.1."));
    return;
  }
  const std::string text = std::string(name.sysname) + " " + name.release + " " + name.machine;
  const bool old = major < oldest_major || (major == oldest_major && minor < oldest_minor);
  findings.push_back(old ? warn("kernel", text, "nvrhub is tried on Debian 12's 6.1; this one is much older.")
                         : ok("kernel", text));
}

void examine_clock(const Patient& patient, Findings& findings) {
  timex state{};
  const int result = adjtimex(&state); // modes 0: only reads
  if (result < 0) {
    findings.push_back(warn("clock", "whether a time service keeps it can't be told here", "Look on the host."));
  } else if (result == TIME_ERROR || (state.status & STA_UNSYNC) != 0) {
    findings.push_back(warn("clock", "no time service keeps it",
                            "Install systemd-timesyncd or chrony. Statuses do not depend on it, but the history and "
                            "availabilities go by this clock."));
  } else {
    findings.push_back(
        ok("clock", "a time service keeps it, to " + std::to_string(state.maxerror / 1000) + " ms at worst"));
  }
  std::error_code error;
  const auto written = std::filesystem::last_write_time(patient.data / "data.mdb", error);
  const auto ahead = written - std::filesystem::file_time_type::clock::now();
  if (!error && ahead > std::chrono::minutes(1)) {
    findings.push_back(warn("clock", "data.mdb was written in the future: the clock was set back since",
                            "Until it has caught up, events bear the time of the last one."));
  }
}

} // namespace nvrhub::app
