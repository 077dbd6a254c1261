#pragma once

#include <cstddef>
#include <cstdint>

namespace nvrhub::app {

/// Raises the soft limit of file descriptors to the hard limit (each connection needs one). Returns the limit in force.
std::uint64_t raise_descriptor_limit();

/// The number of connections that the descriptor limit permits.
std::size_t max_connections();

/// The descriptors needed for `max_connections`, including those for files, timers and connections that are being
/// refused.
std::uint64_t descriptors_needed(std::size_t max_connections);

} // namespace nvrhub::app
