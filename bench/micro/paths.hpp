#pragma once

#include <functional>
#include <string>
#include <vector>

namespace bench {

/// One step of a report's path on fixed data: timed by micro.cpp, its instructions counted by counted.cpp.
struct Path {
  std::string name;
  std::function<bool()> once; // false: it did not do what its name states
};

std::vector<Path> frame_paths();
std::vector<Path> decode_paths();
std::vector<Path> reconcile_paths();
std::vector<Path> encode_paths();
std::vector<Path> store_paths();

inline std::vector<Path> all_paths() {
  std::vector<Path> all;
  for (const auto& paths : {frame_paths(), decode_paths(), reconcile_paths(), encode_paths(), store_paths()})
    all.insert(all.end(), paths.begin(), paths.end());
  return all;
}

} // namespace bench
