#include "protocol/codes.hpp"

#include <set>
#include <string_view>

#include <catch2/catch.hpp>

using namespace nvrhub::protocol;

TEST_CASE("error codes have the texts of protocol.md") {
  CHECK(to_string(ErrorCode::bad_json) == "bad_json");
  CHECK(to_string(ErrorCode::bad_message) == "bad_message");
  CHECK(to_string(ErrorCode::not_authenticated) == "not_authenticated");
  CHECK(to_string(ErrorCode::unknown_hostname) == "unknown_hostname");
  CHECK(to_string(ErrorCode::unauthorized) == "unauthorized");
  CHECK(to_string(ErrorCode::too_large) == "too_large");
  CHECK(to_string(ErrorCode::rate_limited) == "rate_limited");
  CHECK(to_string(ErrorCode::shutting_down) == "shutting_down");
}

TEST_CASE("each close code has a distinct reason that fits a close frame") {
  std::set<std::string_view> reasons;
  for (const CloseCode code :
       {CloseCode::going_away, CloseCode::invalid_utf8, CloseCode::too_large, CloseCode::try_again_later,
        CloseCode::bad_messages, CloseCode::unauthorized, CloseCode::unknown_hostname, CloseCode::silent,
        CloseCode::replaced, CloseCode::too_slow}) {
    CAPTURE(static_cast<int>(code));
    CHECK(reason(code).size() > 1);
    CHECK(reason(code).size() <= 123);
    CHECK(reasons.insert(reason(code)).second);
  }
}
