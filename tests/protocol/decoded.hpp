#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <catch2/catch.hpp>

#include "protocol/decode/decode.hpp"

namespace nvrhub::protocol::test {

/// Decodes a frame that must be valid.
inline NvrMessage decoded(std::string_view frame) {
  auto message = decode_nvr_message(frame);
  INFO(frame);
  INFO((message ? std::string() : message.error().message));
  REQUIRE(message.has_value());
  return std::move(*message);
}

inline Auth auth(std::string_view frame) {
  return std::get<Auth>(decoded(frame).body);
}
inline Heartbeat heartbeat(std::string_view frame) {
  return std::get<Heartbeat>(decoded(frame).body);
}

/// The report of a heartbeat with this `systemStatus`.
inline ReportPtr report(const std::string& system_status) {
  return heartbeat(R"({"type":"heartbeat","systemStatus":)" + system_status + "}").report;
}

/// Decodes a frame that must be refused.
inline Refusal refused(std::string_view frame) {
  auto message = decode_nvr_message(frame);
  INFO(frame.substr(0, 200));
  REQUIRE_FALSE(message.has_value());
  return std::move(message.error());
}

} // namespace nvrhub::protocol::test
