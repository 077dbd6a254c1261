#pragma once

#include <filesystem>
#include <optional>

#include "store/backend.hpp"
#include "store/records/records.hpp"

namespace nvrhub::store {

// The sidecar file `epoch` next to data.mdb detects copies of a data directory. Two servers that continue the same
// sequence must not use the same epoch, so a copy gets a new one. At each start the server writes a new random number
// into the sidecar and stores that number, the inode and ctime of the sidecar and the inode of data.mdb as
// meta::identity. A copy has other inodes and times; an older data.mdb next to a later sidecar has another number.
//
// Not detected: a whole file system that was rolled back, and a data.mdb overwritten in place with a copy of itself
// made since the last start. Therefore backups of a running store leave out meta::identity.

/// The current sidecar; nullopt: missing or unreadable.
std::optional<IdentityRecord> read_epoch_file(const std::filesystem::path& directory);

/// The inode of a directory's data.mdb; 0: missing.
std::uint64_t data_inode(const std::filesystem::path& directory);

/// False: the store in `txn` is a copy that was made for another directory. An empty store matches every sidecar.
Result<bool> matches_sidecar(ReadTxn& txn, const std::optional<IdentityRecord>& sidecar);

/// Writes the sidecar for this run of the server, and its identity to the store.
Result<void> renew_epoch_file(Backend& backend, const std::filesystem::path& directory);

} // namespace nvrhub::store
