#pragma once

#include <cstddef>
#include <span>

namespace nvrhub::store {

/// Where this process maps the whole of the file that `fd` is open on, of which LMDB does not tell. Empty: nowhere, or
/// the system does not say.
std::span<std::byte> mapping_of(int fd);

/// Gives back what of it was looked at. It stays in the system's cache, from where a later look gets it without the
/// disk; any thread may read it meanwhile. Only for mappings that nobody writes through.
void let_go(std::span<std::byte> mapping);

} // namespace nvrhub::store
