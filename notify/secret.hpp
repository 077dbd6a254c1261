#pragma once

#include <string>
#include <utility>

namespace nvrhub::notify {

/// A text that must not reach a log, an error message or a list: a key, a password, a token, a URL that contains one.
/// It has no output operator and no conversion: reveal() marks each use.
class Secret {
public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  const std::string& reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

  friend bool operator==(const Secret&, const Secret&) = default;

private:
  std::string text_;
};

} // namespace nvrhub::notify
