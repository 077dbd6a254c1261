#include "app/cli/config_text.hpp"

#include <utility>

namespace nvrhub::app {

namespace {

/// Copies character by character and knows whether it is in quotes, in a comment or in an array.
class ConfigSimplifier {
public:
  void add(char c) {
    if (c == '\r') return;
    if (c == '\n') return end_line();
    if (is_comment_) return;
    if (quote_ != '\0') {
      if (c == quote_) quote_ = '\0';
    } else if (c == '#') {
      is_comment_ = true;
      return;
    } else if (c == '"' || c == '\'') {
      quote_ = c;
    } else if (c == '=') {
      is_value_ = true;
    } else if (is_value_ && c == '[') {
      ++depth_;
    } else if (is_value_ && c == ']' && depth_ > 0) {
      drop_trailing_comma();
      --depth_;
    }
    if (depth_ > 0 && quote_ == '\0' && (c == ' ' || c == '\t')) return; // CLI11 stumbles over one before a comma
    out_ += c;
  }
  std::string take() { return std::move(out_); }

private:
  void end_line() {
    is_comment_ = false;
    quote_ = '\0'; // a quote that is not closed ends with its line, as in TOML
    if (depth_ > 0) return;
    is_value_ = false;
    out_ += '\n';
  }
  void drop_trailing_comma() {
    if (out_.ends_with(',')) out_.pop_back();
  }

  std::string out_;
  char quote_ = '\0';
  bool is_comment_ = false;
  bool is_value_ = false; // behind the "=" of its line
  unsigned depth_ = 0;    // of arrays
};

} // namespace

std::string simplify_config(const std::string& text) {
  ConfigSimplifier simplifier;
  for (const char c : text)
    simplifier.add(c);
  return simplifier.take();
}

} // namespace nvrhub::app
