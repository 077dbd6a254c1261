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
  read,         // registers in lock.mdb: the writer keeps the pages that are being read
  read_unlocked // touches only data.mdb. REQUIRES: no process writes
};

struct LmdbOptions {
  std::filesystem::path path; // the directory of data.mdb and lock.mdb
  std::size_t map_bytes = std::size_t{64} << 30;
  LmdbMode mode = LmdbMode::write;
  // How long the writer waits for open readers before it reopens a failed environment. Then it returns Errc::io and
  // tries again with the next begin_write().
  std::chrono::milliseconds readers_grace{2000};
};

/// Tables in an LMDB file: ordered, durable, one writer, readers that never wait. If a failed commit leaves the LMDB
/// environment unusable, the writer reopens it at once and, if that fails, with every begin_write(). Until then reads
/// return Errc::io.
Result<std::unique_ptr<Backend>> open_lmdb(const LmdbOptions& options);

} // namespace nvrhub::store
