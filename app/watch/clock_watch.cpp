#include "app/watch/clock_watch.hpp"

#include <string>
#include <utility>

#include "app/watch/clock_confirmation.hpp"
#include "app/watch/system_clock.hpp"
#include "protocol/encode/encode.hpp"

namespace nvrhub::app {

namespace {

using actors::Level;
using Leap = fleet::ServerClock::Leap;

const char* text_of(const fleet::ServerClock::Event& event) {
  const bool ahead = event.wall > event.server;
  switch (event.leap) {
  case Leap::held:
    return ahead ? "the wall clock is more than an hour ahead of the server time and not synchronized: it is not "
                   "believed; the server time goes on with monotonic time. If the clock is right, run `nvrhub clock "
                   "confirm`"
                 : "the wall clock is more than an hour behind the server time: it is not believed; the server time "
                   "goes on with monotonic time. If the clock is right, run `nvrhub clock confirm`";
  case Leap::believed:
    return ahead ? "the wall clock is more than an hour ahead of the server time and believed; the time between is "
                   "unobserved. History is deleted later by that time, until `nvrhub clock confirm` or a week with "
                   "a synchronized clock"
                 : "the wall clock is more than an hour behind the server time and believed: the server time passes "
                   "at half speed until the clock has caught up";
  case Leap::returned:
    break;
  }
  return "the wall clock is again within an hour of the server time and believed";
}

} // namespace

ClockWatch::ClockWatch(std::filesystem::path data, const fleet::StoredTimes& stored, actors::Log log)
    : data_(std::move(data)), log_(std::move(log)),
      clock_(std::make_shared<fleet::ServerClock>(stored, read_clocks())) {
  log_leap();
  update();
}

void ClockWatch::update() {
  const fleet::ClockReading reading = read_clocks();
  switch (take_confirmation(data_, reading.wall_ns / fleet::ServerClock::ms)) {
  case Confirmation::none:
    clock_->observe(reading);
    break;
  case Confirmation::valid:
    clock_->confirm(reading);
    log_(Level::info, "clock_confirmed", "the operator confirmed the wall clock",
         {{"wall", protocol::iso8601(reading.wall_ns / fleet::ServerClock::ms)}});
    break;
  case Confirmation::outdated:
    log_(Level::warn, "clock_confirmed",
         "a confirmation of the wall clock was ignored: it is older than an hour by that clock; run `nvrhub clock "
         "confirm` again");
    clock_->observe(reading);
    break;
  }
  log_leap();
}

void ClockWatch::log_leap() const {
  const auto event = clock_->take_event();
  if (!event) return;
  log_(event->leap == Leap::returned ? Level::info : Level::warn, "clock_leap", text_of(*event),
       {{"wall", protocol::iso8601(event->wall)},
        {"server_time", protocol::iso8601(event->server)},
        {"offset_s", (event->wall - event->server) / 1000},
        {"trusted", clock_->is_trusted()}});
}

} // namespace nvrhub::app
