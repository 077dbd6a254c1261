#include "client/nvr/nvr.hpp"

#include <algorithm>
#include <deque>
#include <optional>

#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "client/console.hpp"
#include "client/local_time.hpp"
#include "client/reconnecting_ws.hpp"

namespace nvrhub::client {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t max_waiting = 64; // messages without an answer; then stdin is not read

/// A member of a server's message as text, whatever its type.
std::string shown(const Json& message, const char* key) {
  const auto found = message.find(key);
  if (found == message.end()) return "?";
  return found->is_string() ? found->get<std::string>() : found->dump(-1, ' ', false, Json::error_handler_t::replace);
}

class ManualNvr final : private ReconnectingWs::Listener {
public:
  explicit ManualNvr(const NvrOptions& options)
      : options_(options), console_(io_, "nvr", [this] { io_.stop(); }),
        ws_(io_, options.server, options.server.address.path.empty() ? "/ws" : options.server.address.path, *this),
        timer_(io_) {
    for (const CameraStatus& camera : options.cameras)
      sheet_.set(camera);
  }

  int run() {
    ws_.start();
    io_.run();
    ws_.close();
    io_.restart();
    io_.run_for(wait_for_close);
    return std::max(exit_code_, console_.exit_code());
  }

private:
  void print(const std::string& text) { console_.print(local_time_now() + " " + printable(text) + "\n"); }

  void on_open() override {
    print("Connected to " + options_.server.address.authority());
    queue_.clear();
    unanswered_ = 0;
    Json auth{{"type", "auth"}, {"hostname", options_.hostname}};
    if (!options_.server.token.empty()) auth["token"] = options_.server.token;
    send(std::move(auth));
  }

  void send(Json message) {
    if (!sheet_.is_empty()) message["systemStatus"] = sheet_.report();
    message["id"] = ++last_id_;
    queue_.push_back(message.dump(-1, ' ', false, Json::error_handler_t::replace));
    console_.pause_reading(++unanswered_ >= max_waiting);
    send_next();
  }

  void send_next() {
    if (queue_.empty() || ws_.busy()) return;
    ws_.send(std::move(queue_.front()));
    queue_.pop_front();
  }

  void on_sent() override { send_next(); }

  void on_text(std::string_view text) override {
    const Json message = Json::parse(text, nullptr, false);
    if (!message.is_object()) return print("The server sent no JSON object: " + std::string(text));
    if (unanswered_ > 0) --unanswered_;
    if (is_online_) console_.pause_reading(unanswered_ >= max_waiting);
    const std::string type = shown(message, "type");
    if (type == "auth_ok") return on_auth_ok(message);
    if (type == "error") return on_error(message);
    if (type != "ack") return print("Answer: " + std::string(text));
    print(fmt::format("Heartbeat {} is durable at seq {}. {}", shown(message, "id"), shown(message, "seq"),
                      updated(message)));
    print_skipped(message);
  }

  void on_auth_ok(const Json& message) {
    ws_.established();
    print(fmt::format("Authenticated as NVR {}, session {}. {}", shown(message, "nvr_id"), shown(message, "session"),
                      updated(message)));
    print_skipped(message);
    if (options_.once) return io_.stop();
    is_online_ = true;
    if (options_.reads_stdin && !std::exchange(reads_, true)) {
      console_.read_lines([this](std::string_view line) { on_line(line); });
    }
    console_.pause_reading(false);
    schedule();
  }

  std::string updated(const Json& message) const {
    const std::string count = shown(message, "cameras_updated");
    return "Updated " + count + (count == "1" ? " camera" : " cameras") +
           (sheet_.is_empty() ? " without systemStatus" : " based on NVR systemStatus");
  }

  void print_skipped(const Json& message) {
    const auto skipped = message.find("skipped");
    if (skipped == message.end() || !skipped->is_array()) return;
    for (const Json& entry : *skipped) {
      if (!entry.is_object()) continue;
      const std::string name = entry.contains("name") ? shown(entry, "name") : "entry " + shown(entry, "index");
      print("Skipped " + name + ": " + shown(entry, "reason"));
    }
  }

  void on_error(const Json& message) {
    const auto wait = message.find("retry_after");
    const double seconds = wait != message.end() && wait->is_number() ? wait->get<double>() : 0;
    print(fmt::format("{} refused ({}): {}{}", is_online_ ? "Message " + shown(message, "id") : "Auth",
                      shown(message, "code"), shown(message, "message"),
                      seconds > 0 ? fmt::format("; retry after {} s", seconds) : ""));
    ws_.note_error(shown(message, "message"), std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000)));
    if (is_online_ || was_online_) return;
    exit_code_ = 1;
    io_.stop();
  }

  /// One line of stdin.
  void on_line(std::string_view line) {
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
    const auto camera = parse_camera_status(line);
    if (!camera) {
      return console_.note("\"" + printable(line) + "\" on stdin is not NAME=STATUS: use for example CAM-001=offline");
    }
    const auto before = sheet_.set(*camera);
    print("Camera " + camera->name + ": " + before.value_or("not reported") + " → " + camera->status);
    if (is_online_) beat();
  }

  void beat() {
    send({{"type", "heartbeat"}});
    schedule();
  }

  void schedule() {
    timer_.expires_after(options_.interval);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error && is_online_) beat();
    });
  }

  void go_offline() {
    was_online_ = was_online_ || is_online_;
    is_online_ = false;
    timer_.cancel();
    if (reads_) console_.pause_reading(true);
  }

  void on_lost(const std::string& why, std::chrono::milliseconds pause) override {
    go_offline();
    console_.note(fmt::format("{}; connecting again in {:.1f} s", why, static_cast<double>(pause.count()) / 1000));
  }

  void on_given_up(const std::string& why) override {
    go_offline();
    console_.note(why);
    exit_code_ = 1;
    io_.stop();
  }

  const NvrOptions& options_;
  boost::asio::io_context io_{1};
  Console console_;
  ReconnectingWs ws_;
  boost::asio::steady_timer timer_; // the next heartbeat
  StatusSheet sheet_;
  std::deque<std::string> queue_; // frames that wait for the one being written
  std::uint64_t last_id_ = 0;
  std::size_t unanswered_ = 0;
  bool is_online_ = false;
  bool was_online_ = false;
  bool reads_ = false;
  int exit_code_ = 0;
};

} // namespace

int run_nvr(const NvrOptions& options) {
  return ManualNvr(options).run();
}

} // namespace nvrhub::client
