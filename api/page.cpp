// GET / and GET /assets/{asset}: the dashboard page.
#include "api/page.hpp"

#include <algorithm>
#include <utility>

#include "api/handlers.hpp"

namespace nvrhub::api {

namespace {

// The page loads nothing from other origins and cannot be embedded in other pages.
constexpr std::string_view policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                                    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

} // namespace

void get_page(Context&, Executor, Request request, Respond respond) {
  const std::string path = request.target.path();
  const auto files = page_files();
  const auto file = std::find_if(files.begin(), files.end(), [&](const PageFile& one) { return one.path == path; });
  if (file == files.end()) return respond(error_response(404, "not_found", "no resource at " + path));

  Response response{200, "", std::string(file->content_type)};
  // The name of an asset changes with its content. The page itself must be revalidated each time.
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

} // namespace nvrhub::api
