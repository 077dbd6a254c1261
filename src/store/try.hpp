#pragma once

#include <utility>

#include "store/error.hpp"

// Errors are values here; these two keep their passing-on from burying what a function does.

/// Leaves the enclosing function with the error of `expr`, if it has one.
#define NVRHUB_TRY(expr)                                                                                               \
  do {                                                                                                                 \
    if (auto tried_ = (expr); !tried_) return tl::make_unexpected(std::move(tried_).error());                          \
  } while (false)

/// The same, and otherwise names its value.
#define NVRHUB_LET(name, expr)                                                                                         \
  auto name##_result_ = (expr);                                                                                        \
  if (!name##_result_) return tl::make_unexpected(std::move(name##_result_).error());                                  \
  auto& name = *name##_result_ // NOLINT(bugprone-macro-parentheses): a declared name takes none

namespace nvrhub::store {

inline tl::unexpected<Error> fail(Errc code, std::string message) {
  return tl::make_unexpected(Error{code, std::move(message)});
}

} // namespace nvrhub::store
