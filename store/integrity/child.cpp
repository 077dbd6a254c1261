#include "store/integrity/child.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include "store/try.hpp"

namespace nvrhub::store {

namespace {

// Marks a complete report: a child may be killed while it writes.
constexpr char end_of_report = '\x04';

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::string read_all(int fd) {
  std::string out;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return out;
    out.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

[[noreturn]] void run_child(int out, const std::function<std::string()>& work) {
  // A signal is an expected result here: reset the parent's handlers and write no core file.
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGPIPE})
    std::signal(signal, SIG_DFL);
  const rlimit no_core{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &no_core);
  // Drop the text of failed LMDB assertions: the parent reports the result.
  if (const int dev_null = ::open("/dev/null", O_WRONLY | O_CLOEXEC); dev_null >= 0) ::dup2(dev_null, STDERR_FILENO);
  const bool written_whole = write_all(out, work() + end_of_report);
  ::_exit(written_whole ? 0 : 1);
}

std::string exit_reason(int status) {
  if (!WIFSIGNALED(status)) return "failed";
  const char* const name = ::sigabbrev_np(WTERMSIG(status));
  return "failed with SIG" + std::string(name != nullptr ? name : std::to_string(WTERMSIG(status)));
}

} // namespace

Result<std::string> run_in_child(const std::function<std::string()>& work) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return fail(Errc::io, std::string("pipe2() failed: ") + std::strerror(errno));
  const pid_t child = ::fork();
  if (child < 0) {
    const int cause = errno;
    ::close(ends[0]);
    ::close(ends[1]);
    return fail(Errc::io, std::string("fork() failed: ") + std::strerror(cause));
  }
  if (child == 0) {
    ::close(ends[0]);
    run_child(ends[1], work);
  }
  ::close(ends[1]);
  std::string report = read_all(ends[0]);
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!report.empty() && report.back() == end_of_report) {
    report.pop_back();
    return report;
  }
  return fail(Errc::corrupt, exit_reason(status));
}

Result<void> try_in_child(const std::function<Result<void>()>& work) {
  // The report is empty, or the error's code and message.
  const auto report = run_in_child([&work]() -> std::string {
    const auto verdict = work();
    if (verdict) return {};
    return static_cast<char>('a' + static_cast<int>(verdict.error().code)) + verdict.error().message;
  });
  if (!report && report.error().code == Errc::corrupt)
    return fail(Errc::corrupt, "reading it " + report.error().message);
  if (!report) return tl::make_unexpected(report.error());
  if (report->empty()) return {};
  return fail(static_cast<Errc>(report->front() - 'a'), report->substr(1));
}

} // namespace nvrhub::store
