#pragma once

#include <filesystem>
#include <optional>

#include "store/backend.hpp"
#include "store/records.hpp"

namespace nvrhub::store {

// A small file beside data.mdb tells a directory from its copy. Each start of a server writes a fresh random number
// into it and keeps that, with the file's inode and ctime and data.mdb's inode, in the store. A copy has other inodes
// and times; a data.mdb put back beside a later sidecar finds another number. Either way the sequence would run on
// twice under one name, so it gets a new one.
//
// Not told apart: a whole file system that was rolled back, and a data.mdb overwritten in place with a copy of
// itself that was made since the last start. So whatever makes copies of a running store leaves meta::identity out.

/// The sidecar as it is now; nothing if it is missing or not ours.
std::optional<IdentityRecord> read_epoch_file(const std::filesystem::path& directory);

/// The inode of a directory's data.mdb; 0: it is not there.
std::uint64_t data_inode(const std::filesystem::path& directory);

/// Whether the store in `txn` is that of the directory with this sidecar. An empty store is at home anywhere.
Result<bool> is_at_home(ReadTxn& txn, const std::optional<IdentityRecord>& sidecar);

/// Rewrites the sidecar for this run of the server and takes it into the store.
Result<void> renew_epoch_file(Backend& backend, const std::filesystem::path& directory);

} // namespace nvrhub::store
