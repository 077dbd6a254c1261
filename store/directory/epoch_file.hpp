#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "store/backend.hpp"
#include "store/records/records.hpp"

namespace nvrhub::store {

// The sidecar file `epoch` next to data.mdb detects copies of a data directory. Two servers that continue the same
// sequence must not use the same epoch, so a copy gets a new one. At each start and each stop the server replaces the
// sidecar by a new file with a new random number, and stores that number and what identifies the two files as
// meta::sidecar: their inodes with the times of birth, which no copy has and which chown, touch and links leave as they
// are. An older data.mdb next to a later sidecar has another number; an older pair that was copied over the files in
// place has the inode of another sidecar.
//
// A copy that is made while a server runs has the sidecar of that run. If the server is killed, the files could be
// that copy, put back: then the sidecar's ctime must be the one that the server left, too.
//
// Not detected: a whole file system that was rolled back, and only data.mdb overwritten in place with a copy of itself
// made since the last start or stop. Therefore backups of a running store leave out meta::sidecar.

/// The current sidecar and data.mdb; nullopt: it is missing or unreadable.
std::optional<SidecarRecord> read_epoch_file(const std::filesystem::path& directory);

/// Why the store in `txn` must begin a new epoch: it may be a copy. nullopt: it continues. An empty store continues.
Result<std::optional<std::string>> reason_for_new_epoch(ReadTxn& txn, const std::optional<SidecarRecord>& found);

/// Replaces the sidecar, and notes the new one in the store. `sealed`: the server stops and writes nothing after it.
Result<void> renew_epoch_file(Backend& backend, const std::filesystem::path& directory, bool sealed);

/// Notes the sidecar `found`, which stays, in the upgraded store of `made`.
Result<void> keep_sidecar(Backend& backend, const SidecarRecord& found, const std::filesystem::path& made);

} // namespace nvrhub::store
