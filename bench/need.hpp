#pragma once

#include <cstdlib>
#include <iostream>
#include <type_traits>
#include <utility>

#include "store/error.hpp"

namespace bench {

/// Returns the value, or prints the error and exits the program.
template <class T>
T need(nvrhub::store::Result<T> result) {
  if (!result) {
    std::cerr << result.error().message << "\n";
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

} // namespace bench
