#pragma once

#include <string_view>

namespace nvrhub::net {

/// The dashboard page: web/index.html, embedded at build time.
std::string_view page_html();

} // namespace nvrhub::net
