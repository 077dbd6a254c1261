#include "api/self_exec.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace nvrhub::api {

namespace {

using Executor = boost::asio::io_context::executor_type;

constexpr std::size_t max_output = std::size_t{64} << 10;
// After it has closed its output a process does little more than free its memory.
constexpr std::chrono::milliseconds exit_poll_interval{5};

/// Returns 0 and the process, or errno. The process has `out` as its stdout and stderr and inherits nothing else: it
/// keeps no client's socket open and blocks no signal.
int spawn(const std::vector<std::string>& arguments, int out, pid_t& process) {
  std::vector<char*> argv{const_cast<char*>("nvrhub")};
  for (const std::string& argument : arguments)
    argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, out, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  sigset_t pipe = none;
  sigaddset(&pipe, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &pipe);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int cause = ::posix_spawn(&process, "/proc/self/exe", &files, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return cause;
}

class Run : public std::enable_shared_from_this<Run> {
public:
  Run(Executor executor, pid_t process, int out, std::function<void(ProcessResult)> done)
      : process_(process), out_(executor, out), timer_(executor), done_(std::move(done)) {}
  ~Run() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }

  void read() {
    out_.async_read_some(boost::asio::buffer(buffer_), [self = shared_from_this()](auto error, std::size_t bytes) {
      self->output_.append(self->buffer_.data(), std::min(bytes, max_output - self->output_.size()));
      error ? self->wait_for_exit() : self->read();
    });
  }

private:
  /// The process has closed its output.
  void wait_for_exit() {
    int status = 0;
    const pid_t ended = ::waitpid(process_, &status, WNOHANG);
    if (ended == 0) {
      timer_.expires_after(exit_poll_interval);
      timer_.async_wait([self = shared_from_this()](auto error) {
        if (!error) self->wait_for_exit();
      });
      return;
    }
    process_ = 0;
    const int code = ended < 0 ? -1 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    done_({code, std::move(output_)});
  }

  pid_t process_; // 0: it has exited
  boost::asio::posix::basic_stream_descriptor<Executor> out_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                    Executor>
      timer_;
  std::function<void(ProcessResult)> done_;
  std::array<char, 4096> buffer_{};
  std::string output_;
};

} // namespace

void self_exec(Executor executor, const std::vector<std::string>& arguments, std::function<void(ProcessResult)> done) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return done({-1, std::strerror(errno)});
  pid_t process = 0;
  const int cause = spawn(arguments, ends[1], process);
  ::close(ends[1]);
  if (cause != 0) {
    ::close(ends[0]);
    return done({-1, std::strerror(cause)});
  }
  std::make_shared<Run>(executor, process, ends[0], std::move(done))->read();
}

} // namespace nvrhub::api
