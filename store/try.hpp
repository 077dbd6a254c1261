#pragma once

#include <utility>

#include "store/error.hpp"

// Propagation of tl::expected errors.

/// Returns the error of `expr` from the enclosing function, if it has one.
#define NVRHUB_TRY(expr)                                                                                               \
  do {                                                                                                                 \
    if (auto tried_ = (expr); !tried_) return tl::make_unexpected(std::move(tried_).error());                          \
  } while (false)

/// As NVRHUB_TRY; otherwise binds the value of `expr` to `name`.
#define NVRHUB_LET(name, expr)                                                                                         \
  auto name##_result_ = (expr);                                                                                        \
  if (!name##_result_) return tl::make_unexpected(std::move(name##_result_).error());                                  \
  auto& name = *name##_result_ // NOLINT(bugprone-macro-parentheses): a declaration

namespace nvrhub::store {

inline tl::unexpected<Error> fail(Errc code, std::string message) {
  return tl::make_unexpected(Error{code, std::move(message)});
}

} // namespace nvrhub::store
