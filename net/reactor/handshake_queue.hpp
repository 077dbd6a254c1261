#pragma once

#include <deque>
#include <functional>
#include <utility>

namespace nvrhub::net {

/// The TLS handshakes of one I/O thread that can go on. A step may take a millisecond of CPU time, so a thread runs few
/// of them before it serves its other connections again; of many clients that connect at once, each gets its turn in
/// the order in which they came.
///
/// THREADS: only the I/O thread.
class HandshakeQueue {
public:
  using Step = std::function<void()>;

  /// `begun`: the client has had an answer already. Handshakes are not started faster than they are finished.
  void push(bool begun, Step step) { (begun ? begun_ : new_).push_back(std::move(step)); }
  bool empty() const { return begun_.empty() && new_.empty(); }
  /// Runs one step of each kind.
  void run() {
    run_first(begun_);
    run_first(new_);
  }

private:
  static void run_first(std::deque<Step>& steps) {
    if (steps.empty()) return;
    const Step step = std::move(steps.front()); // may push
    steps.pop_front();
    step();
  }

  std::deque<Step> begun_;
  std::deque<Step> new_;
};

} // namespace nvrhub::net
