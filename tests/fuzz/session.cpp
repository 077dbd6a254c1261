// Complete sessions against a complete server over loopback sockets: NVRs and dashboards with every kind of frame, and
// HTTP. Sessions need TCP sockets (net/websocket/sender.hpp batches what a turn of the loop sends), so Beast's test
// stream cannot replace them. Thus the listener, the HTTP parser and the actors are covered too.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/server.hpp"
#include "fuzz/support/must.hpp"
#include "fuzz/support/script.hpp"
#include "fuzz/support/test_client.hpp"
#include "store/support/scratch.hpp"

using namespace nvrhub;
using namespace nvrhub::fuzz;

namespace {

constexpr std::size_t max_steps = 64;
constexpr std::size_t max_clients = 4; // at the same time
constexpr int runs_per_server = 500;   // limits its fleet, and how many inputs a finding may depend on
constexpr int runs_per_check = 20;

/// A server on a new data directory with two registered NVRs.
class ServerUnderTest {
public:
  ServerUnderTest() {
    app::ServerOptions options;
    options.data = scratch_ / "data";
    options.port = 0;
    options.threads = 1; // makes runs of an input repeatable
    options.settings.enroll_auto = true;
    auto server = app::Server::start(options);
    must(server.has_value(), "the server starts", server ? "" : server.error());
    server_ = std::move(*server);
    TestClient client(server_->port());
    client.request("PUT", "/api/v1/nvrs/NVR-1", R"({"site":"North","cameras":[{"name":"A"},{"name":"B"}]})");
    client.request("PUT", "/api/v1/nvrs/NVR-2", R"({"cameras":[{"name":"A","ip_address":"10.0.0.1"}]})");
    client.finish();
  }
  ~ServerUnderTest() { must(server_->stop(), "the server stops on request"); }
  ServerUnderTest(const ServerUnderTest&) = delete;
  ServerUnderTest& operator=(const ServerUnderTest&) = delete;

  std::uint16_t port() const { return server_->port(); }

  /// REQUIRES: every client is closed. Every NVR must become offline; waits until the server has seen all closes.
  void must_have_no_nvr_online() const {
    for (int attempt = 0; attempt < 2000; ++attempt) {
      TestClient client(port());
      client.request("GET", "/api/v1/summary", "");
      client.finish();
      const std::string& answer = client.received();
      const auto body = nlohmann::json::parse(answer.substr(answer.find("\r\n\r\n") + 4), nullptr, false);
      must(!body.is_discarded(), "the server sends a summary", answer);
      if (body["nvrs"]["online"] == 0) return;
    }
    must(false, "an NVR whose socket is closed becomes offline");
  }

private:
  test::Scratch scratch_;
  std::unique_ptr<app::Server> server_;
};

/// The frame that a step sends: its opcode, and whether it is the last of its message.
struct FrameType {
  unsigned opcode;
  bool fin;
};

std::optional<FrameType> frame_type_of(char step) {
  switch (step) {
  case 't':
    return FrameType{1, true};
  case 'f':
    return FrameType{1, false};
  case 'n':
    return FrameType{0, false};
  case 'm':
    return FrameType{0, true};
  case 'b':
    return FrameType{2, true};
  case 'x':
    return FrameType{8, true};
  case 'p':
    return FrameType{9, true};
  case 'o':
    return FrameType{10, true};
  default:
    return std::nullopt;
  }
}

/// Runs the steps of a script against a server.
class ScriptRunner {
public:
  explicit ScriptRunner(std::uint16_t port) : port_(port) {}

  void run(const Step& step) {
    if (step.kind == 'c') return connect()->upgrade(step.argument.empty() ? "/ws" : step.argument);
    if (step.kind == 'h') return connect()->raw(step.argument);
    if (step.kind == 'q') return request(step.argument);
    if (step.kind == 'k') return select(step.argument);
    TestClient* client = clients_[current_].get();
    if (client == nullptr) return;
    if (step.kind == 'w') return client->raw(step.argument);
    if (step.kind == 's') return client->sync();
    if (step.kind == 'd') {
      client->abort();
      clients_[current_].reset();
    } else if (const auto type = frame_type_of(step.kind)) {
      client->frame(type->opcode, type->fin, step.argument);
    }
  }

  void finish() {
    for (auto& client : clients_)
      finish(client);
  }
  /// The script made the server drain: it accepts no more sessions.
  bool has_drained() const { return has_drained_; }

private:
  TestClient* connect() {
    current_ = next_++ % max_clients;
    finish(clients_[current_]);
    clients_[current_] = std::make_unique<TestClient>(port_);
    return clients_[current_].get();
  }

  void finish(std::unique_ptr<TestClient>& client) {
    if (!client) return;
    client->finish();
    has_drained_ = has_drained_ || client->received().find(R"("draining":true)") != std::string::npos;
    client.reset();
  }

  void request(std::string_view argument) {
    const std::size_t space = std::min(argument.find(' '), argument.size());
    const std::string_view rest = argument.substr(std::min(space + 1, argument.size()));
    const std::size_t separator = std::min(rest.find('\x1f'), rest.size());
    connect()->request(argument.substr(0, space), rest.substr(0, separator),
                       rest.substr(std::min(separator + 1, rest.size())));
  }

  void select(std::string_view argument) {
    if (!argument.empty()) current_ = static_cast<std::uint8_t>(argument.front()) % max_clients;
  }

  std::uint16_t port_;
  std::array<std::unique_ptr<TestClient>, max_clients> clients_;
  std::size_t current_ = 0;
  std::size_t next_ = 0;
  bool has_drained_ = false;
};

} // namespace

/// For a backup the server executes its own program, which is this one, with argv[0] "nvrhub": it must fail at once.
extern "C" int LLVMFuzzerInitialize(const int*, const char* const* const* arguments) {
  if (std::string_view((*arguments)[0]) == "nvrhub") std::_Exit(1);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static auto& server = *new std::unique_ptr<ServerUnderTest>; // never destroyed at exit: CAF's statics would be gone
  static int runs = 0;
  if (runs++ % runs_per_server == 0) server.reset();
  if (!server) server = std::make_unique<ServerUnderTest>();
  ScriptRunner runner(server->port());
  for (const Step& step : parse_script({reinterpret_cast<const char*>(data), size}, max_steps))
    runner.run(step);
  runner.finish();
  if (runs % runs_per_check == 1) server->must_have_no_nvr_online();
  if (runner.has_drained()) server.reset();
  return 0;
}
