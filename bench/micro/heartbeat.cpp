#include "heartbeat.hpp"

namespace bench {

std::string camera_name(std::size_t index) {
  const std::string number = std::to_string(index + 1);
  return "CAM-" + std::string(3 - number.size(), '0') + number;
}

std::string camera_address(std::size_t index) {
  return "192.168.0." + std::to_string(index);
}

std::string heartbeat(std::size_t offline, std::string_view timestamp) {
  std::string cameras;
  for (std::size_t i = 0; i < camera_count; ++i) {
    if (i > 0) cameras += ',';
    cameras += R"({"name":")" + camera_name(i) + R"(","ip_address":")" + camera_address(i) + R"(","status":")" +
               (i < offline ? "offline" : "online") + R"("})";
  }
  return R"({"type":"heartbeat","timestamp":")" + std::string(timestamp) +
         R"(","systemStatus":{"status":"online","cameras":[)" + cameras + "]}}";
}

nvrhub::protocol::NvrMessage decoded(std::string_view heartbeat) {
  return nvrhub::protocol::decode_nvr_message(heartbeat).value();
}

} // namespace bench
