#include "app/process_setup.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <initializer_list>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nvrhub::app {

namespace {

void open_missing_standard_descriptors() {
  for (const int wanted : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(wanted, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free number is `wanted`, because those below it are open.
    int got = ::open("/dev/null", wanted == STDOUT_FILENO ? O_RDONLY : O_WRONLY);
    if (got < 0) got = ::open("/", O_PATH); // a chroot without /dev
    if (got != wanted) std::_Exit(1);       // there is no place for a message
  }
}

} // namespace

void set_up_process() {
  open_missing_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);
  const mode_t mask = ::umask(0);
  ::umask(mask & ~static_cast<mode_t>(S_IRWXU));
}

} // namespace nvrhub::app
