#pragma once

#include <cstdio>
#include <string>

#include "store/support/stores.hpp"

namespace nvrhub::test {

/// Unpacks data/<name>.mdb.gz as `to`/data.mdb.
inline void unpack(const std::string& name, const fs::path& to) {
  const std::string command = "gzip -dc '" NVRHUB_STORED_DATA "/" + name + ".mdb.gz'";
  const auto close = [](FILE* pipe) { ::pclose(pipe); };
  const std::unique_ptr<FILE, decltype(close)> pipe(::popen(command.c_str(), "r"), close);
  REQUIRE(pipe);
  std::string bytes;
  char buffer[65536];
  while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, pipe.get()))
    bytes.append(buffer, got);
  REQUIRE(bytes.size() > 4096);
  fs::create_directories(to);
  write_file(to / "data.mdb", bytes);
}

} // namespace nvrhub::test
