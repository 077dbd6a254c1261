#pragma once

#include <functional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

namespace nvrhub::api {

struct ProcessResult {
  int code = 0;       // exit code; 128 + the signal's number after a signal; -1: the process could not be started
  std::string output; // stdout and stderr, the first 64 KiB; or why the process could not be started
};

/// Runs this program again, with other arguments and in a process of its own: for work that may need much memory or
/// crash on damaged data. Nothing blocks. The process is killed if the execution context is destroyed before it ends.
///
/// THREADS: call it on the thread of `executor`, where `done` is called, once.
void self_exec(boost::asio::io_context::executor_type executor, const std::vector<std::string>& arguments,
               std::function<void(ProcessResult)> done);

} // namespace nvrhub::api
