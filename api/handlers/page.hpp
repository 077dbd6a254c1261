#pragma once

#include <span>
#include <string_view>

namespace nvrhub::api {

/// One file of the dashboard page, embedded from web/ when the server is built.
struct PageFile {
  std::string_view path; // "/" or "/assets/<hash of the content>.<extension>"
  std::string_view content_type;
  std::string_view etag; // empty: none
  std::string_view body;
  std::string_view gzip; // the body compressed; empty: not compressed
};

/// All files of the page. Defined by a generated source (cmake/NvrhubPage.cmake).
std::span<const PageFile> page_files();

} // namespace nvrhub::api
