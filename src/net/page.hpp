#pragma once

#include <span>
#include <string_view>

#include "net/api.hpp"

namespace nvrhub::net {

/// One file of the dashboard page, embedded at build time from web/.
struct PageFile {
  std::string_view path; // "/" or "/assets/<hash of the content>.<ending>"
  std::string_view content_type;
  std::string_view etag; // empty: none
  std::string_view body;
  std::string_view gzip; // the body compressed; empty: not
};

/// All of them. Defined by a generated file.
std::span<const PageFile> page_files();

/// Answers GET / and GET /assets/….
void get_page(Services& services, IoThread& thread, ApiRequest request, Respond respond);

} // namespace nvrhub::net
