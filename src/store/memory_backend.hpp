#pragma once

#include <memory>

#include "store/backend.hpp"

namespace nvrhub::store {

/// The twin of the LMDB backend for tests: the same promises, but nothing outlives the process. A commit costs as much
/// as the tables that it changes are large.
std::unique_ptr<Backend> make_memory_backend();

} // namespace nvrhub::store
