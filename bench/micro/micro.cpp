// Times every path, and the benchmarks of commit.cpp, hop.cpp and sync.cpp, with Google Benchmark. See ../README.md.
#include <benchmark/benchmark.h>

#include "paths.hpp"

int main(int argc, char** argv) {
  for (const bench::Path& path : bench::all_paths()) {
    benchmark::RegisterBenchmark(path.name.c_str(), [once = path.once](benchmark::State& state) {
      for (auto _ : state) {
        if (!once()) return state.SkipWithError("the path did not do what its name states");
      }
    });
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
