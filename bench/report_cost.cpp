// The cost of a report for the server: sends the seed's heartbeats (no ids, so no acks except the last) over many
// sockets, paced or as fast as the server reads, and divides the CPU time of the server's process by their number. See
// bench/README.md.
// Usage: report_cost --port N --pid N [--nvrs N] [--cameras N] [--reports N] [--rate N] [--change SHARE] [--tls 1]
#include "client.hpp"
#include "load.hpp"
#include "tls_client.hpp"

using namespace bench;

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  const std::string status = system_status(options.cameras);
  const std::string report = heartbeat(status);
  Protocol websocket;
  websocket.connect = [&](std::size_t index) {
    Client client;
    const Link link = open_link(options.port, "/ws", options.tls != 0);
    client.fd = link.fd;
    client.ssl = link.ssl;
    send_all(link, frame(R"({"type":"auth","hostname":"BENCH-)" + std::to_string(index) + R"(","systemStatus":)" +
                         status + "}"));
    client.message = frame(report);
    client.heartbeat = payload_at(report);
    client.masked = true;
    return client;
  };
  websocket.wait_until_in = [](Client& client) { read_until(Link{.fd = client.fd, .ssl = client.ssl}, "auth_ok"); };
  websocket.wait_until_read = [](Client& client) { // the ack of the last message means that all earlier ones were read
    const Link link{.fd = client.fd, .ssl = client.ssl};
    send_all(link, frame(R"({"type":"heartbeat","id":1})" + std::string(110, ' ')));
    read_until(link, "ack");
  };
  measure(options, websocket);
}
