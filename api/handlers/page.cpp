// GET / and GET /assets/{asset}: the dashboard page.
#include "api/handlers/page.hpp"

#include <algorithm>
#include <utility>

#include "api/handlers.hpp"
#include "api/header_list.hpp"

namespace nvrhub::api {

namespace {

// The page loads nothing from other origins and cannot be embedded in other pages.
constexpr std::string_view policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                                    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Weak comparison (RFC 9110, 13.1.2): a proxy that compresses makes an entity tag weak.
bool is_unchanged(std::string_view if_none_match, std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  for (std::string_view tag : list_elements(if_none_match)) {
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag || tag == "*") return true;
  }
  return false;
}

bool accepts_gzip(std::string_view accept_encoding) {
  auto weight = weight_of(accept_encoding, "gzip");
  if (!weight) weight = weight_of(accept_encoding, "x-gzip");
  if (!weight) weight = weight_of(accept_encoding, "*");
  return weight.value_or(0) > 0;
}

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
  if (!file->etag.empty() && is_unchanged(request.if_none_match, file->etag)) {
    response.status = 304;
  } else if (!file->gzip.empty() && accepts_gzip(request.accept_encoding)) {
    response.body = file->gzip;
    response.content_encoding = "gzip";
  } else {
    response.body = file->body;
  }
  respond(std::move(response));
}

} // namespace nvrhub::api
