// The seed's protocol on uWebSockets and simdjson, with its state in memory and nothing durable: what a programmer who
// wants speed would write. One thread. Usage: uwebsockets PORT [CERTIFICATE KEY]
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include <App.h>

#include "client.hpp"
#include "in_memory.hpp"

namespace {

struct Connection {
  bench::InMemory::Nvr* nvr = nullptr;
};

constexpr std::string_view dashboards = "dashboards";
constexpr unsigned max_message = 1024 * 1024;
constexpr unsigned idle_seconds = 240;

/// simdjson reads up to SIMDJSON_PADDING bytes after a text, which is safe within its last page.
std::string_view padded(std::string_view text, std::string& copy) {
  constexpr std::uintptr_t page = 4096;
  if (reinterpret_cast<std::uintptr_t>(text.data() + text.size()) % page + simdjson::SIMDJSON_PADDING < page)
    return text;
  copy.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  copy.assign(text);
  return copy;
}

/// Closes the older socket of an NVR that has authenticated on this one.
template <typename Socket>
void take_over(Socket& socket, bench::InMemory::Nvr& nvr) {
  auto* older = static_cast<Socket*>(std::exchange(nvr.owner, &socket));
  if (older != nullptr && older != &socket) older->end(4409, "taken over");
}

template <bool TLS>
int serve(int port, const uWS::SocketContextOptions& options) {
  uWS::TemplatedApp<TLS> app(options);
  bench::InMemory fleet;
  std::string copy;

  typename uWS::TemplatedApp<TLS>::template WebSocketBehavior<Connection> nvrs;
  nvrs.maxPayloadLength = max_message;
  nvrs.idleTimeout = idle_seconds;
  nvrs.message = [&](auto* socket, std::string_view text, uWS::OpCode) {
    const auto answers = fleet.take(socket->getUserData()->nvr, padded(text, copy));
    if (!answers.update.empty()) app.publish(dashboards, answers.update, uWS::OpCode::TEXT);
    if (!answers.auth_ok.empty()) {
      take_over(*socket, *socket->getUserData()->nvr);
      socket->send(answers.auth_ok, uWS::OpCode::TEXT);
    }
    if (!answers.ack.empty()) socket->send(answers.ack, uWS::OpCode::TEXT);
  };
  nvrs.close = [&](auto* socket, int, std::string_view) {
    auto* nvr = socket->getUserData()->nvr;
    if (nvr == nullptr || nvr->owner != socket) return;
    nvr->owner = nullptr;
    app.publish(dashboards, bench::InMemory::update(*nvr, "offline", 0), uWS::OpCode::TEXT);
  };

  typename uWS::TemplatedApp<TLS>::template WebSocketBehavior<Connection> readers;
  readers.idleTimeout = idle_seconds;
  readers.maxBackpressure = 64 * max_message;
  readers.open = [](auto* socket) { socket->subscribe(dashboards); };

  app.template ws<Connection>("/ws", std::move(nvrs));
  app.template ws<Connection>("/ws/dashboard", std::move(readers));
  app.listen("127.0.0.1", port, [port](auto* listener) {
    if (listener == nullptr) bench::die("listen");
    std::printf("listening on %d\n", port);
    std::fflush(stdout);
  });
  app.run();
  return 1;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 4) bench::die("usage: uwebsockets PORT [CERTIFICATE KEY]");
  bench::raise_descriptor_limit();
  uWS::SocketContextOptions options;
  if (argc == 2) return serve<false>(std::atoi(argv[1]), options);
  options.cert_file_name = argv[2];
  options.key_file_name = argv[3];
  options.ssl_prefer_low_memory_usage = 1;
  return serve<true>(std::atoi(argv[1]), options);
}
