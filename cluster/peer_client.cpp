#include "cluster/peer_client.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <nlohmann/json.hpp>

#include "cluster/http_call.hpp"

namespace nvrhub::cluster {

namespace {

using namespace std::chrono_literals;

constexpr auto challenge_limit = 5s;
constexpr int mode = 0640;

std::string url_of(std::string address, std::string_view path) {
  while (address.ends_with('/'))
    address.pop_back();
  return address.append(path);
}

/// The text of a JSON object under a key; empty: it has none.
std::string text_in(const std::string& json, const char* key) {
  const nlohmann::json object = nlohmann::json::parse(json, nullptr, false);
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// The message in an error answer of the API.
std::string reason_in(const HttpAnswer& answer) {
  const nlohmann::json object = nlohmann::json::parse(answer.body, nullptr, false);
  std::string message =
      object.is_object() && object.contains("error") ? text_in(object["error"].dump(), "message") : "";
  return "HTTP " + std::to_string(answer.status) + (message.empty() ? "" : ": " + message);
}

tl::unexpected<Error> refusal(const HttpAnswer& answer) {
  const bool may_pass = answer.status == 409 || answer.status == 503; // busy, or it is stopping
  return fail(may_pass ? Errc::unavailable : Errc::refused, reason_in(answer));
}

Error errno_error(const std::filesystem::path& file) {
  return {Errc::store, file.string() + ": " + std::strerror(errno)};
}

/// A new file that is written and synced.
class NewFile {
public:
  explicit NewFile(const std::filesystem::path& path)
      : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)) {}
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() {
    if (fd_ >= 0) ::close(fd_);
  }

  bool is_open() const { return fd_ >= 0; }
  bool write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }
  bool sync() const { return ::fsync(fd_) == 0; }

private:
  int fd_;
};

} // namespace

PeerClient::PeerClient(PeerOptions options) : options_(std::move(options)) {}

HttpTls PeerClient::tls() const {
  return {.ca = options_.ca, .ca_flag = "--cluster-peer-ca"};
}

Result<PeerState> PeerClient::ask_state(const std::string& address, std::chrono::milliseconds limit) const {
  HttpCall call(url_of(address, "/readyz"), tls());
  call.set_limit(limit);
  const auto before = std::chrono::system_clock::now();
  const auto answer = call.run();
  const auto after = std::chrono::system_clock::now();
  if (!answer) return tl::make_unexpected(answer.error());
  PeerState state{.is_ready = answer->status == 200};
  if (!answer->date) return state;
  if (*answer->date > after) state.clock_ahead = *answer->date - after;
  if (*answer->date + std::chrono::seconds(1) < before) state.clock_ahead = *answer->date + 1s - before;
  return state;
}

Result<void> PeerClient::require_private(const std::string& address) const {
  if (options_.allow_plain || address.starts_with("https://")) return {};
  return fail(Errc::refused, address + " has no TLS, which data of the fleet need to travel; --cluster-insecure "
                                       "does without");
}

Result<std::string> PeerClient::signed_body(const std::string& address, std::string_view call,
                                            const std::string& content, std::chrono::milliseconds limit) const {
  if (!options_.secret) return fail(Errc::refused, "this server has no --cluster-secret-file");
  HttpCall asking(url_of(address, "/api/v1/cluster/challenge"), tls());
  asking.set_limit(limit);
  asking.set_body("{}");
  const auto answer = asking.run();
  if (!answer) return tl::make_unexpected(answer.error());
  const std::string challenge = text_in(answer->body, "challenge");
  if (answer->status != 200 || challenge.empty()) return refusal(*answer);
  const nlohmann::ordered_json body{{"node", options_.node},
                                    {"challenge", challenge},
                                    {"signature", options_.secret->sign({call, options_.node, challenge, content})},
                                    {"content", content}};
  return body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Result<void> PeerClient::fetch_data(const std::string& address, const std::filesystem::path& file,
                                    const GiveUp& give_up, const std::function<void(std::uint64_t)>& progress) const {
  if (auto allowed = require_private(address); !allowed) return allowed;
  auto body = signed_body(address, "data", "", challenge_limit);
  if (!body) return tl::make_unexpected(body.error());
  const NewFile out(file);
  if (!out.is_open()) return tl::make_unexpected(errno_error(file));
  HttpCall call(url_of(address, "/api/v1/cluster/data"), tls());
  call.set_patience(give_up);
  call.set_body(std::move(*body));
  std::uint64_t received = 0;
  bool is_written = true;
  const auto answer = call.run([&](std::string_view bytes) {
    is_written = out.write(bytes);
    received += bytes.size();
    if (progress) progress(received);
    return is_written;
  });
  if (!is_written) return tl::make_unexpected(errno_error(file));
  if (!answer) return tl::make_unexpected(answer.error());
  if (answer->status != 200) return refusal(*answer);
  if (!out.sync()) return tl::make_unexpected(errno_error(file));
  return {};
}

Result<HttpAnswer> PeerClient::forward(const std::string& address, const std::string& method, const std::string& target,
                                       const std::string& body, const std::string& grant,
                                       std::chrono::milliseconds limit) const {
  if (auto allowed = require_private(address); !allowed) return tl::make_unexpected(allowed.error());
  const nlohmann::ordered_json content{{"method", method}, {"target", target}, {"body", body}, {"grant", grant}};
  const auto end = std::chrono::steady_clock::now() + limit;
  auto signed_content = signed_body(
      address, "forward", content.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace), limit);
  if (!signed_content) return tl::make_unexpected(signed_content.error());
  HttpCall call(url_of(address, "/api/v1/cluster/forward"), tls());
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
  call.set_limit(std::max(left, std::chrono::milliseconds(1)));
  call.set_body(std::move(*signed_content));
  return call.run();
}

} // namespace nvrhub::cluster
