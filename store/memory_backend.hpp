#pragma once

#include <memory>

#include "store/backend.hpp"

namespace nvrhub::store {

/// A backend for tests with the semantics of the LMDB backend, except that nothing outlives the process. A commit
/// copies each table that it changes.
std::unique_ptr<Backend> make_memory_backend();

} // namespace nvrhub::store
