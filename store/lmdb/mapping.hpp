#pragma once

#include <cstddef>
#include <span>

namespace nvrhub::store {

// LMDB maps data.mdb. Pages that were read stay resident and count as memory of the process until they are dropped.

/// The mapping of the whole file that `fd` is open on (LMDB has no function for it). Empty: not mapped, or unknown.
std::span<std::byte> mapping_of(int fd);

/// Drops the resident pages of a mapping. They stay in the page cache, so a later read needs no disk access.
/// REQUIRES: the process does not write through the mapping. THREADS: other threads may read the mapping meanwhile.
void drop_resident_pages(std::span<std::byte> mapping);

} // namespace nvrhub::store
