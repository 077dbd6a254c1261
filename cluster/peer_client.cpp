#include "cluster/peer_client.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <curl/curl.h>
#include <nlohmann/json.hpp>

namespace nvrhub::cluster {

namespace {

using namespace std::chrono_literals;

constexpr auto connect_limit = 3s;
constexpr auto challenge_limit = 5s;
constexpr std::chrono::seconds silence{30};     // between two parts of an answer
constexpr std::chrono::minutes preparation{60}; // until the first one: the other server copies and checks its data
constexpr std::size_t max_answer = std::size_t{4} << 20;
constexpr int mode = 0640;

template <class Value>
void set(CURL* handle, CURLoption option, Value value) {
  curl_easy_setopt(handle, option, value);
}

std::string url_of(std::string address, std::string_view path) {
  while (address.ends_with('/'))
    address.pop_back();
  return address.append(path);
}

/// One request. A GET unless it has a body.
class Call {
public:
  using Sink = std::function<bool(std::string_view)>; // false: ends the call

  Call(const PeerOptions& options, std::string url) : handle_(curl_easy_init(), curl_easy_cleanup) {
    static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT); // curl counts the calls
    (void)initialized;
    if (!handle_) return;
    set(handle_.get(), CURLOPT_URL, url.c_str());
    set(handle_.get(), CURLOPT_PROTOCOLS_STR, "http,https");
    set(handle_.get(), CURLOPT_NOSIGNAL, 1L);
    set(handle_.get(), CURLOPT_PROXY, ""); // not even one that the environment names
    set(handle_.get(), CURLOPT_NOPROXY, "");
    set(handle_.get(), CURLOPT_USERAGENT, "nvrhub");
    set(handle_.get(), CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(handle_.get(), CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::chrono::milliseconds(connect_limit).count()));
    set(handle_.get(), CURLOPT_ERRORBUFFER, error_.data());
    if (!options.ca.empty()) set(handle_.get(), CURLOPT_CAINFO, options.ca.c_str());
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() { curl_slist_free_all(headers_); }

  void set_limit(std::chrono::milliseconds limit) {
    set(handle_.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(limit.count()));
  }
  /// Ends the call if it makes no progress, however long it takes.
  void set_patience(const GiveUp& give_up) {
    give_up_ = give_up;
    set(handle_.get(), CURLOPT_NOPROGRESS, 0L);
    set(handle_.get(), CURLOPT_XFERINFOFUNCTION, &Call::on_progress);
    set(handle_.get(), CURLOPT_XFERINFODATA, static_cast<void*>(this));
  }
  void set_body(std::string body) {
    body_ = std::move(body);
    for (const char* header : {"Content-Type: application/json", "Expect:"})
      headers_ = curl_slist_append(headers_, header);
    set(handle_.get(), CURLOPT_HTTPHEADER, headers_);
    set(handle_.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
    set(handle_.get(), CURLOPT_POSTFIELDS, body_.c_str());
  }

  /// The status. `sink` gets the body of a success, the answer that of a failure.
  Result<PeerAnswer> run(Sink sink = {}) {
    if (!handle_) return fail(Errc::unavailable, "out of memory");
    sink_ = std::move(sink);
    set(handle_.get(), CURLOPT_WRITEFUNCTION, &Call::on_body);
    set(handle_.get(), CURLOPT_WRITEDATA, static_cast<void*>(this));
    const CURLcode code = curl_easy_perform(handle_.get());
    if (is_cancelled_) return fail(Errc::cancelled, "cancelled");
    if (is_silent_) return fail(Errc::unavailable, "it has sent nothing for too long");
    if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) {
      return fail(Errc::refused, std::string(error_.data()) + ": is its authority that of --cluster-peer-ca?");
    }
    if (code != CURLE_OK) {
      return fail(Errc::unavailable, error_[0] != '\0' ? std::string(error_.data()) : curl_easy_strerror(code));
    }
    answer_.status = status();
    return std::move(answer_);
  }

private:
  int status() const {
    long status = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    return static_cast<int>(status);
  }
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
    Call& call = *static_cast<Call*>(self);
    const std::string_view bytes(data, size);
    if (call.sink_ && call.status() == 200) return call.sink_(bytes) ? size : 0;
    if (call.answer_.body.size() + size > max_answer) return 0;
    call.answer_.body.append(bytes);
    return size;
  }
  /// Called about once a second.
  static int on_progress(void* self, curl_off_t, curl_off_t received, curl_off_t, curl_off_t) {
    Call& call = *static_cast<Call*>(self);
    const auto now = std::chrono::steady_clock::now();
    if (received != call.received_) call.heard_at_ = now;
    call.received_ = received;
    call.is_silent_ = now - call.heard_at_ > (received == 0 ? std::chrono::seconds(preparation) : silence);
    call.is_cancelled_ = call.is_cancelled_ || (call.give_up_ && call.give_up_());
    return call.is_cancelled_ || call.is_silent_ ? 1 : 0;
  }

  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle_;
  curl_slist* headers_ = nullptr;
  std::string body_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  Sink sink_;
  GiveUp give_up_;
  bool is_cancelled_ = false;
  bool is_silent_ = false;
  curl_off_t received_ = 0;
  std::chrono::steady_clock::time_point heard_at_ = std::chrono::steady_clock::now();
  PeerAnswer answer_;
};

/// The text of a JSON object under a key; empty: it has none.
std::string text_in(const std::string& json, const char* key) {
  const nlohmann::json object = nlohmann::json::parse(json, nullptr, false);
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// The message in an error answer of the API.
std::string reason_in(const PeerAnswer& answer) {
  const nlohmann::json object = nlohmann::json::parse(answer.body, nullptr, false);
  std::string message =
      object.is_object() && object.contains("error") ? text_in(object["error"].dump(), "message") : "";
  return "HTTP " + std::to_string(answer.status) + (message.empty() ? "" : ": " + message);
}

tl::unexpected<Error> refusal(const PeerAnswer& answer) {
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

Result<bool> PeerClient::is_ready(const std::string& address, std::chrono::milliseconds limit) const {
  Call call(options_, url_of(address, "/readyz"));
  call.set_limit(limit);
  return call.run().map([](const PeerAnswer& answer) { return answer.status == 200; });
}

Result<void> PeerClient::require_private(const std::string& address) const {
  if (options_.allow_plain || address.starts_with("https://")) return {};
  return fail(Errc::refused, address + " has no TLS, which data of the fleet need to travel; --cluster-insecure "
                                       "does without");
}

Result<std::string> PeerClient::signed_body(const std::string& address, std::string_view call,
                                            const std::string& content, std::chrono::milliseconds limit) const {
  if (!options_.secret) return fail(Errc::refused, "this server has no --cluster-secret-file");
  Call asking(options_, url_of(address, "/api/v1/cluster/challenge"));
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
  Call call(options_, url_of(address, "/api/v1/cluster/data"));
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

Result<PeerAnswer> PeerClient::forward(const std::string& address, const std::string& method, const std::string& target,
                                       const std::string& body, const std::string& grant,
                                       std::chrono::milliseconds limit) const {
  if (auto allowed = require_private(address); !allowed) return tl::make_unexpected(allowed.error());
  const nlohmann::ordered_json content{{"method", method}, {"target", target}, {"body", body}, {"grant", grant}};
  const auto end = std::chrono::steady_clock::now() + limit;
  auto signed_content = signed_body(
      address, "forward", content.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace), limit);
  if (!signed_content) return tl::make_unexpected(signed_content.error());
  Call call(options_, url_of(address, "/api/v1/cluster/forward"));
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
  call.set_limit(std::max(left, std::chrono::milliseconds(1)));
  call.set_body(std::move(*signed_content));
  return call.run();
}

} // namespace nvrhub::cluster
