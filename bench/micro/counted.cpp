// Runs every path a given number of times under callgrind, which dumps the counts under the path's name. For
// bench/instructions.
#include <cstdio>
#include <cstdlib>

#include <valgrind/callgrind.h>

#include "paths.hpp"

namespace {

bool run(const bench::Path& path, int rounds) {
  bool good = true;
  for (int i = 0; i < rounds; ++i)
    good = path.once() && good;
  return good;
}

} // namespace

int main(int argc, char** argv) {
  const int rounds = argc == 2 ? std::atoi(argv[1]) : 0;
  if (rounds <= 0 || RUNNING_ON_VALGRIND == 0) {
    std::fputs("usage: counted ROUNDS, under valgrind (bench/instructions runs it)\n", stderr);
    return 2;
  }
  // simdjson and glibc choose their code by the CPU. Valgrind presents the same CPU wherever the real one has AVX2, and
  // a simpler one elsewhere, whose counts are not comparable.
  if (!__builtin_cpu_supports("avx2")) {
    std::fputs("skipped: the stored counts are for a CPU with AVX2, which this CPU lacks\n", stderr);
    return 77;
  }
  for (const bench::Path& path : bench::all_paths()) {
    bool good = run(path, 100); // warm-up: buffers reach their size
    CALLGRIND_START_INSTRUMENTATION;
    good = run(path, rounds) && good;
    CALLGRIND_DUMP_STATS_AT(path.name.c_str());
    CALLGRIND_STOP_INSTRUMENTATION;
    if (!good) {
      std::fprintf(stderr, "%s did not do what its name states\n", path.name.c_str());
      return 1;
    }
  }
}
