#include "net/page.hpp"

#include <algorithm>
#include <utility>

namespace nvrhub::net {

namespace {

// The page loads nothing from elsewhere, and nothing may be slipped into it.
constexpr std::string_view policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                                    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

} // namespace

void get_page(Services&, IoThread&, ApiRequest request, Respond respond) {
  const std::string path = request.target.path();
  const auto files = page_files();
  const auto file = std::find_if(files.begin(), files.end(), [&](const PageFile& one) { return one.path == path; });
  if (file == files.end()) return respond(api_error(404, "not_found", "there is nothing at " + path));

  ApiResponse response{200, "", std::string(file->content_type)};
  // The name of an asset changes with its content; the page itself must be asked for each time.
  response.cache_control = path == "/" ? "no-cache" : "public, max-age=31536000, immutable";
  response.etag = file->etag;
  response.security_policy = policy;
  if (!file->etag.empty() && request.if_none_match.find(file->etag) != std::string::npos) {
    response.status = 304;
  } else if (!file->gzip.empty() && request.accept_encoding.find("gzip") != std::string::npos) {
    response.body = file->gzip;
    response.content_encoding = "gzip";
  } else {
    response.body = file->body;
  }
  respond(std::move(response));
}

} // namespace nvrhub::net
