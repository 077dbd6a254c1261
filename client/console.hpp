#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace nvrhub::client {

/// stdin, stdout and the signals of a command that runs until it is stopped: by SIGINT or SIGTERM, by a reader of
/// stdout that goes (as `head` does), or because stdout cannot be written.
///
/// The standard descriptors keep their flags, which they share with other processes: they are never made non-blocking.
/// THREADS: its context's only thread; one object per process.
class Console {
public:
  /// Takes SIGINT and SIGTERM over. `stopped` is called once, never from within a call to the console.
  /// `command` names the command in messages.
  Console(boost::asio::io_context& context, std::string command, std::function<void()> stopped);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  /// Writes to stdout and waits for its reader. Without effect once the command is stopped.
  void print(std::string_view text);
  /// Writes a message to stderr, with the name of the command.
  void note(const std::string& message) const;

  /// Calls `on_line` for each line of stdin, without its end.
  void read_lines(std::function<void(std::string_view)> on_line);
  /// Bounds what is read ahead: no further line is passed on until `false`.
  void pause_reading(bool paused);

  bool is_stopped() const { return state_ != State::open; }
  bool is_signalled() const { return state_ == State::signalled; }
  /// 1: stdout could not be written.
  int exit_code() const { return state_ == State::failed ? 1 : 0; }

private:
  enum class State { open, signalled, reader_gone, failed };

  void wait();
  void on_ready();
  void stop(State state);
  bool wait_for_room();
  bool watch(int descriptor, unsigned events);
  void read_some();
  void pass_lines();
  void on_end_of_input();

  boost::asio::io_context& context_;
  std::string command_;
  std::function<void()> stopped_;
  std::function<void(std::string_view)> on_line_; // empty: stdin is not read, or has ended
  std::string input_;
  bool paused_ = false;
  bool is_pollable_ = false; // stdin: no regular file
  State state_ = State::open;
  int signals_;                                     // a signalfd
  boost::asio::posix::stream_descriptor readiness_; // an epoll of signals, stdout and stdin
};

} // namespace nvrhub::client
