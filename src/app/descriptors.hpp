#pragma once

#include <cstddef>
#include <cstdint>

namespace nvrhub::app {

/// Every connection is a descriptor: takes as many as the system gives. Answers how many that is.
std::uint64_t raise_descriptor_limit();

/// How many connections the limit of descriptors leaves room for.
std::size_t most_connections();

/// How many descriptors so many connections need, with those that are no connections: files, timers, a queue of such as
/// are being refused.
std::uint64_t descriptors_needed(std::size_t max_connections);

} // namespace nvrhub::app
