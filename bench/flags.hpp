#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string_view>
#include <type_traits>
#include <variant>

#include "client.hpp"

namespace bench {

/// The variable that receives a flag's value.
using Target = std::variant<std::uint16_t*, int*, std::size_t*, double*>;

/// Reads pairs of a flag and a number from argv[first] on; exits the program at an unknown flag.
inline void read_flags(int argc, char** argv, int first, const std::map<std::string_view, Target>& flags) {
  for (int i = first; i + 1 < argc; i += 2) {
    const auto flag = flags.find(argv[i]);
    if (flag == flags.end()) die("unknown flag " + std::string(argv[i]));
    const double value = std::atof(argv[i + 1]);
    std::visit([value](auto* target) { *target = static_cast<std::remove_pointer_t<decltype(target)>>(value); },
               flag->second);
  }
}

} // namespace bench
