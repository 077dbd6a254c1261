#pragma once

#include <functional>
#include <string>
#include <vector>

#include "net/io_pool.hpp"

namespace nvrhub::net {

struct ProgramEnd {
  int code = 0;     // exit code; of one that a signal ended, 128 + its number; -1: it could not be started
  std::string said; // on stdout and stderr, the first 64 KiB; or why it could not be started
};

/// Runs this very program once more, with other arguments and in a process of its own: for work that may need much
/// memory, or meet damage that takes a process down. Call it on `thread`, where `done` is called, once; nothing blocks.
/// The process is killed if the thread ends before it does.
void run_own_program(IoThread& thread, const std::vector<std::string>& arguments, std::function<void(ProgramEnd)> done);

} // namespace nvrhub::net
