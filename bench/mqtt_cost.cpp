// The load of report_cost as MQTT 3.1.1: each NVR connects with a last will and publishes the same heartbeats,
// retained, to its own topic. See bench/README.md. Usage: mqtt_cost --port N --pid N [--nvrs N] [--cameras N]
// [--reports N] [--rate N] [--change SHARE] [--qos 0|1]
#include "client.hpp"
#include "load.hpp"

using namespace bench;

namespace {

constexpr char connect_type = '\x10';
constexpr char publish_type = '\x30';
constexpr char retained = '\x01';
constexpr char at_least_once = '\x02'; // QoS 1
constexpr char connack[4] = {'\x20', 2, 0, 0};
constexpr char last_puback[4] = {'\x40', 2, '\xFF', '\xFF'};
constexpr std::uint16_t first_number = 1; // packet numbers; load.cpp increments them and never reaches last_number
constexpr std::uint16_t last_number = 0xFFFF;

std::string two_bytes(std::size_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xFF)};
}

std::string text(const std::string& bytes) {
  return two_bytes(bytes.size()) + bytes;
}

std::string packet(char type, const std::string& body) {
  std::string out{type};
  for (std::size_t left = body.size();;) { // the length, seven bits per byte
    const auto low = static_cast<char>(left & 0x7F);
    left >>= 7;
    out += static_cast<char>(left > 0 ? low | '\x80' : low);
    if (left == 0) return out + body;
  }
}

std::string connect(const std::string& name, const std::string& will_topic) {
  constexpr char clean_session = 0x02, will = 0x04, will_retained = 0x20;
  constexpr std::size_t keep_alive_s = 60;
  return packet(connect_type, text("MQTT") + '\x04' + static_cast<char>(clean_session | will | will_retained) +
                                  two_bytes(keep_alive_s) + text(name) + text(will_topic) + text("offline"));
}

std::string publish(char flags, const std::string& topic, std::uint16_t number, const std::string& payload) {
  const std::string numbered = (flags & at_least_once) != 0 ? two_bytes(number) : "";
  return packet(static_cast<char>(publish_type | flags), text(topic) + numbered + payload);
}

std::string topic(const std::string& name, const std::string& what) {
  return "nvr/" + name + "/" + what;
}

} // namespace

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv, true);
  const std::string report = heartbeat(system_status(options.cameras));
  const char flags = options.qos == 0 ? retained : static_cast<char>(retained | at_least_once);
  Protocol mqtt;
  mqtt.connect = [&](std::size_t index) {
    const std::string name = "BENCH-" + std::to_string(index);
    Client client;
    client.fd = connect_to(options.port);
    send_all(client.fd, connect(name, topic(name, "status")) + publish(retained, topic(name, "status"), 0, "online"));
    client.message = publish(flags, topic(name, "report"), first_number, report);
    client.heartbeat = client.message.size() - report.size();
    client.number_at = options.qos == 0 ? 0 : client.heartbeat - 2;
    return client;
  };
  mqtt.wait_until_in = [](Client& client) { read_until(client.fd, {connack, sizeof connack}); };
  // A broker answers in order, so this answer means that all earlier messages were read.
  mqtt.wait_until_read = [](Client& client) {
    send_all(client.fd, publish(at_least_once, "bench/read", last_number, ""));
    read_until(client.fd, {last_puback, sizeof last_puback});
  };
  measure(options, mqtt);
}
