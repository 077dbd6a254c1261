#include "cluster/http_call.hpp"

#include <utility>

namespace nvrhub::cluster {

namespace {

constexpr std::chrono::seconds connect_limit{3};
constexpr std::chrono::seconds silence{30};     // between two parts of an answer
constexpr std::chrono::minutes preparation{60}; // until the first one: the other server copies and checks its data
constexpr std::size_t max_answer = std::size_t{4} << 20;

template <class Value>
void set(CURL* handle, CURLoption option, Value value) {
  curl_easy_setopt(handle, option, value);
}

} // namespace

HttpCall::HttpCall(const std::string& url, const HttpTls& tls)
    : handle_(curl_easy_init(), curl_easy_cleanup), ca_flag_(tls.ca_flag) {
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT); // curl counts the calls
  (void)initialized;
  CURL* const handle = handle_.get();
  if (handle == nullptr) return;
  set(handle, CURLOPT_URL, url.c_str());
  set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  set(handle, CURLOPT_NOSIGNAL, 1L);
  set(handle, CURLOPT_PROXY, ""); // not even one that the environment names
  set(handle, CURLOPT_NOPROXY, "");
  set(handle, CURLOPT_USERAGENT, "nvrhub");
  set(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::chrono::milliseconds(connect_limit).count()));
  set(handle, CURLOPT_ERRORBUFFER, error_.data());
  if (!tls.ca.empty()) set(handle, CURLOPT_CAINFO, tls.ca.c_str());
  if (!tls.certificate.empty()) set(handle, CURLOPT_SSLCERT, tls.certificate.c_str());
  if (!tls.key.empty()) set(handle, CURLOPT_SSLKEY, tls.key.c_str());
}

void HttpCall::set_limit(std::chrono::milliseconds limit) {
  set(handle_.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(limit.count()));
}

void HttpCall::set_patience(const GiveUp& give_up) {
  give_up_ = give_up;
  set(handle_.get(), CURLOPT_NOPROGRESS, 0L);
  set(handle_.get(), CURLOPT_XFERINFOFUNCTION, &HttpCall::on_progress);
  set(handle_.get(), CURLOPT_XFERINFODATA, static_cast<void*>(this));
}

void HttpCall::set_body(std::string body) {
  body_ = std::move(body);
  for (const char* header : {"Content-Type: application/json", "Expect:"})
    headers_ = curl_slist_append(headers_, header);
  set(handle_.get(), CURLOPT_HTTPHEADER, headers_);
  set(handle_.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
  set(handle_.get(), CURLOPT_POSTFIELDS, body_.c_str());
}

Result<HttpAnswer> HttpCall::run(Sink sink) {
  if (!handle_) return fail(Errc::unavailable, "out of memory");
  sink_ = std::move(sink);
  set(handle_.get(), CURLOPT_WRITEFUNCTION, &HttpCall::on_body);
  set(handle_.get(), CURLOPT_WRITEDATA, static_cast<void*>(this));
  const CURLcode code = curl_easy_perform(handle_.get());
  if (is_cancelled_) return fail(Errc::cancelled, "cancelled");
  if (is_silent_) return fail(Errc::unavailable, "it has sent nothing for too long");
  const std::string why = error_[0] != '\0' ? std::string(error_.data()) : curl_easy_strerror(code);
  if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) {
    return fail(Errc::refused, why + ": is its authority that of " + std::string(ca_flag_) + "?");
  }
  if (code != CURLE_OK) return fail(Errc::unavailable, why);
  answer_.status = status();
  answer_.date = date();
  return std::move(answer_);
}

int HttpCall::status() const {
  long status = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

std::optional<std::chrono::system_clock::time_point> HttpCall::date() const {
  curl_header* header = nullptr;
  if (curl_easy_header(handle_.get(), "Date", 0, CURLH_HEADER, -1, &header) != CURLHE_OK) return std::nullopt;
  const std::time_t at = curl_getdate(header->value, nullptr);
  if (at == -1) return std::nullopt;
  return std::chrono::system_clock::from_time_t(at);
}

std::size_t HttpCall::on_body(char* data, std::size_t, std::size_t size, void* self) {
  HttpCall& call = *static_cast<HttpCall*>(self);
  const std::string_view bytes(data, size);
  if (call.sink_ && call.status() == 200) return call.sink_(bytes) ? size : 0;
  if (call.answer_.body.size() + size > max_answer) return 0;
  call.answer_.body.append(bytes);
  return size;
}

/// Called about once a second.
int HttpCall::on_progress(void* self, curl_off_t, curl_off_t received, curl_off_t, curl_off_t) {
  HttpCall& call = *static_cast<HttpCall*>(self);
  const auto now = std::chrono::steady_clock::now();
  if (received != call.received_) call.heard_at_ = now;
  call.received_ = received;
  call.is_silent_ = now - call.heard_at_ > (received == 0 ? std::chrono::seconds(preparation) : silence);
  call.is_cancelled_ = call.is_cancelled_ || (call.give_up_ && call.give_up_());
  return call.is_cancelled_ || call.is_silent_ ? 1 : 0;
}

} // namespace nvrhub::cluster
