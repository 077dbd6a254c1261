#pragma once

#include <filesystem>

#include "store/error.hpp"

namespace nvrhub::store {

/// Checks the structure of an LMDB file: both meta pages and, from each, the free list, the table directory and the
/// branch pages of every table. LMDB trusts these pages and may crash on, or write to, a damaged file; this check reads
/// the bytes with pread, so no content can fault it. No error for a file that is missing or empty, or that a server
/// keeps changing during the check.
///
/// LMDB keeps no checksum of these pages. The check relies on invariants: constant fields; statistics that match; pages
/// inside the file, with their own number, and either referenced once or free; consecutive transaction numbers of the
/// two meta pages. The older meta page may be that of a failed commit: LMDB has restored its transaction number, but
/// not its trees. Not detected: a plausible map size (nvrhub does not use it), a meta page replaced as a whole by an
/// older consistent one, a transaction number that is too low by exactly two (it looks like a failed commit), and the
/// leaves of the tables, which the checksums of the records cover.
///
/// ERRORS: Errc::corrupt: the file is damaged; Errc::io, Errc::permission: it cannot be read.
Result<void> check_meta_pages(const std::filesystem::path& data_file);

} // namespace nvrhub::store
