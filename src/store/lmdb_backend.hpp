#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "store/backend.hpp"

namespace nvrhub::store {

enum class LmdbMode : std::uint8_t {
  write,
  read,         // registered with the writer (in lock.mdb), so that it keeps the pages that are being read
  read_unlocked // touches nothing but data.mdb: only where no writer can come along
};

struct LmdbOptions {
  std::filesystem::path path; // of the directory that holds data.mdb and lock.mdb
  std::size_t map_bytes = std::size_t{64} << 30;
  LmdbMode mode = LmdbMode::write;
  // How long the writer waits for readers to let go of an environment that must be opened anew, before it gives up for
  // this time.
  std::chrono::milliseconds readers_grace{2000};
};

/// Tables in an LMDB file. Reads past a failed commit that took the environment with it get Errc::io until the writer
/// has opened it anew, which it tries at once and with every begin_write.
Result<std::unique_ptr<Backend>> open_lmdb(const LmdbOptions& options);

} // namespace nvrhub::store
