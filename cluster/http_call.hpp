#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <curl/curl.h>

#include "cluster/ask.hpp"
#include "cluster/error.hpp"
#include "cluster/http_answer.hpp"

namespace nvrhub::cluster {

/// One HTTP request on a connection of its own, by libcurl: a GET unless it has a body. THREADS: one; it blocks.
class HttpCall {
public:
  using Sink = std::function<bool(std::string_view)>; // false: ends the call

  HttpCall(const std::string& url, const HttpTls& tls);
  HttpCall(const HttpCall&) = delete;
  HttpCall& operator=(const HttpCall&) = delete;
  ~HttpCall() { curl_slist_free_all(headers_); }

  void set_limit(std::chrono::milliseconds limit);
  /// Ends the call if it makes no progress, however long it takes.
  void set_patience(const GiveUp& give_up);
  /// JSON
  void set_body(std::string body);

  /// The status. `sink` gets the body of a success, the answer that of a failure.
  /// ERRORS: unavailable; refused: the other side's certificate; cancelled.
  Result<HttpAnswer> run(Sink sink = {});

private:
  int status() const;
  std::optional<std::chrono::system_clock::time_point> date() const;
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self);
  static int on_progress(void* self, curl_off_t, curl_off_t received, curl_off_t, curl_off_t);

  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle_;
  const std::string_view ca_flag_;
  curl_slist* headers_ = nullptr;
  std::string body_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  Sink sink_;
  GiveUp give_up_;
  bool is_cancelled_ = false;
  bool is_silent_ = false;
  curl_off_t received_ = 0;
  std::chrono::steady_clock::time_point heard_at_ = std::chrono::steady_clock::now();
  HttpAnswer answer_;
};

} // namespace nvrhub::cluster
