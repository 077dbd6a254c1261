#include "net/reactor/thread_heap.hpp"

#include <array>
#include <cstddef>
#include <cstdlib>

namespace nvrhub::net {

void extend_thread_heap() {
  constexpr std::size_t piece_bytes = 100 * 1024; // glibc maps pieces from 128 KB on separately
  std::array<void*, 330> pieces{};
  for (void*& piece : pieces)
    piece = std::malloc(piece_bytes); // NOLINT(cppcoreguidelines-no-malloc): of its implementation
  for (void* piece : pieces)
    std::free(piece); // NOLINT(cppcoreguidelines-no-malloc)
}

} // namespace nvrhub::net
