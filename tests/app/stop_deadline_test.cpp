#include <catch2/catch.hpp>

#include "app/stop_deadline.hpp"

using namespace std::chrono_literals;
using nvrhub::app::StopDeadline;

TEST_CASE("StopDeadline: gives up if it is not destroyed in time") {
  std::promise<void> given_up;
  const StopDeadline deadline(1ms, [&] { given_up.set_value(); });
  CHECK(given_up.get_future().wait_for(1min) == std::future_status::ready);
}

TEST_CASE("StopDeadline: a stop in time ends it") {
  bool given_up = false;
  {
    const StopDeadline deadline(1h, [&] { given_up = true; });
  }
  CHECK_FALSE(given_up);
}
