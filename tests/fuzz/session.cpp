// Whole sessions against a whole server over loopback sockets: NVRs and dashboards with every kind of frame, and HTTP.
// The sessions are tied to TCP sockets (net/sender.hpp gathers what a turn sends), so Beast's test stream does
// not fit them; in turn this passes through the listener, the HTTP parser and the actors as well.
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
#include "fuzz/support/peer.hpp"
#include "fuzz/support/script.hpp"
#include "store/support/scratch.hpp"

using namespace nvrhub;
using namespace nvrhub::fuzz;

namespace {

constexpr std::size_t max_steps = 64;
constexpr std::size_t max_peers = 4; // at the same time
constexpr int runs_per_server = 500; // its fleet grows, and a finding should need no long past
constexpr int runs_per_look = 20;

/// A server on a fresh directory, with some NVRs.
class Subject {
public:
  Subject() {
    app::ServerOptions options;
    options.data = scratch_ / "data";
    options.port = 0;
    options.threads = 1; // so that an input does the same each time
    options.settings.enroll_auto = true;
    auto server = app::Server::start(options);
    must(server.has_value(), "the server starts", server ? "" : server.error());
    server_ = std::move(*server);
    ClientIdentity peer(server_->port());
    peer.request("PUT", "/api/v1/nvrs/NVR-1", R"({"site":"North","cameras":[{"name":"A"},{"name":"B"}]})");
    peer.request("PUT", "/api/v1/nvrs/NVR-2", R"({"cameras":[{"name":"A","ip_address":"10.0.0.1"}]})");
    peer.finish();
  }
  ~Subject() { must(server_->stop(), "the server stops when it is told to"); }
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

  std::uint16_t port() const { return server_->port(); }

  /// Every socket has ended: no NVR may go on as online. Waits for those that the server has yet to notice.
  void must_be_at_rest() const {
    for (int attempt = 0; attempt < 2000; ++attempt) {
      ClientIdentity peer(port());
      peer.request("GET", "/api/v1/summary", "");
      peer.finish();
      const std::string& answer = peer.received();
      const auto body = nlohmann::json::parse(answer.substr(answer.find("\r\n\r\n") + 4), nullptr, false);
      must(!body.is_discarded(), "the server answers", answer);
      if (body["nvrs"]["online"] == 0) return;
    }
    must(false, "an NVR whose socket has ended goes offline");
  }

private:
  test::Scratch scratch_;
  std::unique_ptr<app::Server> server_;
};

/// The opcode of a step's frame and whether it is the last of its message.
struct Form {
  unsigned opcode;
  bool fin;
};

std::optional<Form> form_of(char step) {
  switch (step) {
  case 't':
    return Form{1, true};
  case 'f':
    return Form{1, false};
  case 'n':
    return Form{0, false};
  case 'm':
    return Form{0, true};
  case 'b':
    return Form{2, true};
  case 'x':
    return Form{8, true};
  case 'p':
    return Form{9, true};
  case 'o':
    return Form{10, true};
  default:
    return std::nullopt;
  }
}

class Play {
public:
  explicit Play(std::uint16_t port) : port_(port) {}

  void take(const Step& step) {
    if (step.what == 'c') return connect()->upgrade(step.about.empty() ? "/ws" : step.about);
    if (step.what == 'h') return connect()->raw(step.about);
    if (step.what == 'q') return request(step.about);
    if (step.what == 'k') return choose(step.about);
    ClientIdentity* peer = peers_[current_].get();
    if (peer == nullptr) return;
    if (step.what == 'w') return peer->raw(step.about);
    if (step.what == 's') return peer->sync();
    if (step.what == 'd') {
      peer->abort();
      peers_[current_].reset();
    } else if (const auto form = form_of(step.what)) {
      peer->frame(form->opcode, form->fin, step.about);
    }
  }

  void finish() {
    for (auto& peer : peers_)
      finish(peer);
  }
  /// The server was told to take no more sessions, and was as good as its word.
  bool has_drained() const { return has_drained_; }

private:
  ClientIdentity* connect() {
    current_ = next_++ % max_peers;
    finish(peers_[current_]);
    peers_[current_] = std::make_unique<ClientIdentity>(port_);
    return peers_[current_].get();
  }

  void finish(std::unique_ptr<ClientIdentity>& peer) {
    if (!peer) return;
    peer->finish();
    has_drained_ = has_drained_ || peer->received().find(R"("draining":true)") != std::string::npos;
    peer.reset();
  }

  void request(std::string_view about) {
    const std::size_t space = std::min(about.find(' '), about.size());
    const std::string_view rest = about.substr(std::min(space + 1, about.size()));
    const std::size_t unit = std::min(rest.find('\x1f'), rest.size());
    connect()->request(about.substr(0, space), rest.substr(0, unit), rest.substr(std::min(unit + 1, rest.size())));
  }

  void choose(std::string_view about) {
    if (!about.empty()) current_ = static_cast<std::uint8_t>(about.front()) % max_peers;
  }

  std::uint16_t port_;
  std::array<std::unique_ptr<ClientIdentity>, max_peers> peers_;
  std::size_t current_ = 0;
  std::size_t next_ = 0;
  bool has_drained_ = false;
};

} // namespace

/// The server runs its own program for a backup, and that is this one.
extern "C" int LLVMFuzzerInitialize(const int*, const char* const* const* arguments) {
  if (std::string_view((*arguments)[0]) == "nvrhub") std::_Exit(1);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static auto& subject = *new std::unique_ptr<Subject>; // never ended at exit: CAF's own statics would be gone
  static int runs = 0;
  if (runs++ % runs_per_server == 0) subject.reset();
  if (!subject) subject = std::make_unique<Subject>();
  Play play(subject->port());
  for (const Step& step : parse_script({reinterpret_cast<const char*>(data), size}, max_steps))
    play.take(step);
  play.finish();
  if (runs % runs_per_look == 1) subject->must_be_at_rest();
  if (play.has_drained()) subject.reset();
  return 0;
}
