#include "notify/transfer.hpp"

#include <algorithm>

#include <sys/socket.h>

#include "notify/address_guard.hpp"
#include "notify/render/escape.hpp"
#include "notify/url.hpp"

namespace nvrhub::notify {

namespace {

constexpr std::size_t max_reply = 2'048;                // kept
constexpr std::size_t max_body = std::size_t{64} << 10; // read

/// Text of the network for a person: control characters gone, lines kept.
std::string readable(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string line = single_line(text.substr(at, end - at));
    line.erase(line.find_last_not_of(' ') + 1);
    if (!line.empty()) out += (out.empty() ? "" : "\n") + line;
    at = end + 1;
  }
  return shortened(out, max_reply);
}

template <class Value>
void set(CURL* handle, CURLoption option, Value value) {
  curl_easy_setopt(handle, option, value);
}

} // namespace

Transfer::Transfer(Request request, Client::Callback callback, const Client::Limits& limits)
    : request_(std::move(request)), callback_(std::move(callback)), handle_(curl_easy_init()) {
  if (!handle_) return;
  set_common(limits);
  is_smtp() ? set_smtp(limits) : set_http();
}

void Transfer::set_common(const Client::Limits& limits) {
  CURL* const curl = handle();
  set(curl, CURLOPT_PRIVATE, static_cast<void*>(this));
  set(curl, CURLOPT_URL, request_.url.reveal().c_str());
  set(curl, CURLOPT_PROTOCOLS_STR, is_smtp() ? "smtp,smtps" : "http,https");
  set(curl, CURLOPT_FOLLOWLOCATION, 0L);
  set(curl, CURLOPT_NOSIGNAL, 1L);
  set(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connect.count()));
  set(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(limits.total.count()));
  set(curl, CURLOPT_ERRORBUFFER, &error_[0]);
  set(curl, CURLOPT_FRESH_CONNECT, 1L);
  set(curl, CURLOPT_FORBID_REUSE, 1L);
  // A resolver that hangs must not stop the thread of all transfers when this one times out.
  set(curl, CURLOPT_QUICK_EXIT, 1L);
  // Empty is not the same as not set: libcurl would read http_proxy and no_proxy.
  set(curl, CURLOPT_PROXY, request_.transport.proxy.reveal().c_str());
  set(curl, CURLOPT_NOPROXY, "");
  set(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!request_.transport.ca.empty()) set(curl, CURLOPT_CAINFO, request_.transport.ca.c_str());
  set(curl, CURLOPT_OPENSOCKETFUNCTION, &Transfer::open_socket);
  set(curl, CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  set(curl, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(curl, CURLOPT_WRITEDATA, static_cast<void*>(this));
  if (!request_.username.empty()) {
    set(curl, CURLOPT_USERNAME, request_.username.c_str());
    set(curl, CURLOPT_PASSWORD, request_.password.reveal().c_str());
  }
}

void Transfer::set_http() {
  CURL* const curl = handle();
  set(curl, CURLOPT_USERAGENT, "nvrhub");
  set(curl, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
  set(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  set(curl, CURLOPT_POSTFIELDS, request_.body.c_str());
  std::vector<std::string> headers = request_.headers;
  headers.emplace_back("Expect:"); // no wait for 100 Continue
  if (!request_.authorization.empty()) headers.push_back("Authorization: Bearer " + request_.authorization.reveal());
  for (const std::string& header : headers)
    headers_.reset(curl_slist_append(headers_.release(), header.c_str()));
  set(curl, CURLOPT_HTTPHEADER, headers_.get());
}

void Transfer::set_smtp(const Client::Limits& limits) {
  CURL* const curl = handle();
  const bool is_optional = request_.starttls == StartTls::optional;
  const bool is_tls = request_.starttls == StartTls::required || request_.url.reveal().starts_with("smtps:");
  set(curl, CURLOPT_USE_SSL,
      static_cast<long>(is_tls        ? CURLUSESSL_ALL
                        : is_optional ? CURLUSESSL_TRY
                                      : CURLUSESSL_NONE));
  set(curl, CURLOPT_MAIL_FROM, request_.mail_from.c_str());
  for (const std::string& recipient : request_.mail_to)
    recipients_.reset(curl_slist_append(recipients_.release(), recipient.c_str()));
  set(curl, CURLOPT_MAIL_RCPT, recipients_.get());
  set(curl, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L); // one mailbox that is gone does not cost the others their mail
  set(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(limits.smtp_reply.count()));
  set(curl, CURLOPT_UPLOAD, 1L);
  set(curl, CURLOPT_READFUNCTION, &Transfer::on_read);
  set(curl, CURLOPT_READDATA, static_cast<void*>(this));
  set(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  set(curl, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(curl, CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(curl, CURLOPT_VERBOSE, 1L); // for on_debug; nothing is printed
  set(curl, CURLOPT_DEBUGFUNCTION, &Transfer::on_debug);
  set(curl, CURLOPT_DEBUGDATA, static_cast<void*>(this));
}

curl_socket_t Transfer::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  Transfer& transfer = *static_cast<Transfer*>(self);
  if (!transfer.request_.transport.allow_private) {
    if (const auto what = private_address(address->addr)) {
      transfer.refused_ = to_string(address->addr) + ": it is " + std::string(*what);
      return CURL_SOCKET_BAD;
    }
  }
  transfer.socket_ = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  return transfer.socket_;
}

int Transfer::on_debug(CURL*, curl_infotype type, char* data, std::size_t size, void* self) {
  // libcurl waits for the reply to QUIT in a blocking way, which would stop all transfers. Nobody needs that reply:
  // with the socket shut down for reading, libcurl sees its end at once.
  const Transfer& transfer = *static_cast<Transfer*>(self);
  if (type == CURLINFO_HEADER_OUT && std::string_view(data, size).starts_with("QUIT"))
    ::shutdown(transfer.socket_, SHUT_RD);
  return 0;
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  Transfer& transfer = *static_cast<Transfer*>(self);
  const std::size_t bytes = size * count;
  transfer.received_ += bytes;
  transfer.reply_.append(data, std::min(bytes, max_reply - std::min(max_reply, transfer.reply_.size())));
  return transfer.received_ > max_body ? 0 : bytes; // 0 ends the transfer
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  Transfer& transfer = *static_cast<Transfer*>(self);
  const std::size_t bytes = size * count;
  transfer.reply_.append(data, bytes);
  if (transfer.reply_.size() > 2 * max_reply) transfer.reply_.erase(0, transfer.reply_.size() - max_reply);
  return bytes;
}

std::size_t Transfer::on_read(char* data, std::size_t size, std::size_t count, void* self) {
  Transfer& transfer = *static_cast<Transfer*>(self);
  const std::size_t bytes = transfer.request_.body.copy(data, size * count, transfer.sent_);
  transfer.sent_ += bytes;
  return bytes;
}

std::string Transfer::explain(CURLcode result) const {
  if (!refused_.empty()) {
    return std::string(request_.transport.proxy.empty() ? "" : "the proxy: ") + "not connected to " + refused_ +
           "; set allow-private = true if the receiver is in your own network";
  }
  std::string text = single_line(error_[0] != '\0' ? error_ : curl_easy_strerror(result));
  if (result == CURLE_USE_SSL_FAILED) return "the server offers no STARTTLS (" + text + ")";
  if (result == CURLE_LOGIN_DENIED) return "the server refused user name or password (" + text + ")";
  return text;
}

Outcome Transfer::http_outcome(CURLcode result) {
  Outcome outcome;
  long status = 0;
  curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
  const bool was_cut = result == CURLE_WRITE_ERROR && received_ > max_body;
  if (result != CURLE_OK && !was_cut) {
    outcome.error = explain(result);
    return outcome;
  }
  outcome.status = static_cast<int>(status);
  outcome.reply = readable(reply_);
  outcome.delivered = status >= 200 && status < 300;
  if (outcome.delivered) return outcome;
  outcome.error = "the receiver answered " + std::to_string(status);
  if (char* target = nullptr;
      curl_easy_getinfo(handle(), CURLINFO_REDIRECT_URL, &target) == CURLE_OK && target != nullptr)
    outcome.error += ", a redirect to " + origin_of(target) + ", which is not followed: configure the final URL";
  curl_off_t wait = 0;
  if (curl_easy_getinfo(handle(), CURLINFO_RETRY_AFTER, &wait) == CURLE_OK && wait > 0)
    outcome.retry_after = std::chrono::seconds(wait);
  return outcome;
}

Outcome Transfer::smtp_outcome(CURLcode result) {
  Outcome outcome;
  long status = 0;
  curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
  outcome.status = static_cast<int>(status);
  outcome.reply = readable(reply_);
  outcome.delivered = result == CURLE_OK;
  if (!outcome.delivered) outcome.error = explain(result);
  return outcome;
}

void Transfer::finish(CURLcode result) {
  Outcome outcome = is_smtp() ? smtp_outcome(result) : http_outcome(result);
  callback_(std::move(outcome));
}

void Transfer::fail(std::string error) {
  Outcome outcome;
  outcome.error = std::move(error);
  callback_(std::move(outcome));
}

} // namespace nvrhub::notify
