#pragma once

#include <string>

namespace nvrhub::app {

/// Rewrites the text of a TOML config file into the part of TOML that CLI11 2.1 reads: comments removed, also behind a
/// value, without touching a `#` in quotes; each array on one line.
std::string simplify_config(const std::string& text);

} // namespace nvrhub::app
