#pragma once

// Private to notify/: one request as a transfer of libcurl.

#include <memory>
#include <string>

#include <curl/curl.h>

#include "notify/client.hpp"

namespace nvrhub::notify {

/// OWNERSHIP: libcurl keeps pointers into it while its handle is in a multi handle. THREADS: the client's.
class Transfer {
public:
  Transfer(Request request, Client::Callback callback, const Client::Limits& limits);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURL* handle() const { return handle_.get(); }
  /// REQUIRES: libcurl is done with the handle.
  void finish(CURLcode result);
  void fail(std::string error);

private:
  struct FreeHandle {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  using List = std::unique_ptr<curl_slist, FreeList>;

  void set_common(const Client::Limits& limits);
  void set_http();
  void set_smtp(const Client::Limits& limits);
  bool is_smtp() const { return !request_.mail_to.empty(); }
  std::string explain(CURLcode result) const;
  Outcome http_outcome(CURLcode result);
  Outcome smtp_outcome(CURLcode result);

  static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int on_debug(CURL* handle, curl_infotype type, char* data, std::size_t size, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_read(char* data, std::size_t size, std::size_t count, void* self);

  Request request_;
  Client::Callback callback_;
  std::unique_ptr<CURL, FreeHandle> handle_;
  List headers_, recipients_;
  std::size_t sent_ = 0;     // SMTP: bytes of the body
  std::string reply_;        // HTTP: the body. SMTP: the last replies
  std::size_t received_ = 0; // HTTP: bytes of the body
  std::string refused_;      // the address that was not connected to, and why
  curl_socket_t socket_ = CURL_SOCKET_BAD;
  char error_[CURL_ERROR_SIZE] = {};
};

} // namespace nvrhub::notify
