#include "client/tail/tail.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "client/console.hpp"
#include "client/tail/event_lines.hpp"
#include "client/tail/event_stream.hpp"

namespace nvrhub::client {

namespace {

class Tail final : private EventStream::Listener {
public:
  explicit Tail(const TailOptions& options)
      : json_(options.json), cameras_(options.cameras), console_(io_, "tail", [this] { io_.stop(); }),
        stream_(io_, options.server, {options.hostnames, options.sites, options.since, options.alerts}, cameras_,
                *this) {}

  int run() {
    stream_.start();
    io_.run();
    stream_.close();
    io_.restart();
    io_.run_for(wait_for_close);
    if (seq_ && console_.is_signalled())
      console_.note(fmt::format("stopped after seq {0}; --since {0} continues here", *seq_));
    return std::max(exit_code_, console_.exit_code());
  }

private:
  void on_event(const nlohmann::ordered_json& event, const KnownNvr* known) override {
    if (!is_wanted(event, cameras_, known)) return;
    output_ += json_ ? event.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n"
                     : event_lines(event, cameras_, known);
  }
  void on_caught_up_to(std::uint64_t seq) override {
    console_.print(output_);
    output_.clear();
    if (!console_.is_stopped()) seq_ = seq;
  }
  void on_notice(const std::string& text) override { console_.note(text); }
  void on_given_up(const std::string& why) override {
    console_.note(why);
    exit_code_ = 1;
    io_.stop();
  }

  boost::asio::io_context io_{1};
  bool json_;
  CameraFilter cameras_;
  Console console_;
  EventStream stream_;
  std::string output_;
  std::optional<std::uint64_t> seq_; // the last one whose events are printed
  int exit_code_ = 0;
};

} // namespace

int run_tail(const TailOptions& options) {
  return Tail(options).run();
}

} // namespace nvrhub::client
