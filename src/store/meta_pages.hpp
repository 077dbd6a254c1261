#pragma once

#include <filesystem>

#include "store/error.hpp"

namespace nvrhub::store {

/// Judges an LMDB file by its bytes, without LMDB, which trusts them: the two meta pages (where everything else hangs),
/// and from each of them the free list, the table of tables and the branch pages of every table. Says nothing about a
/// file that is not there or empty, nor about one that a server keeps changing meanwhile. Reads with pread, so nothing
/// in the file can fault it.
///
/// LMDB keeps no checksum of these pages, so this goes by what must hold: constant fields, counts that agree with what
/// was counted, pages inside the file that bear their own number and are in use once or free, transaction numbers of
/// the two metas next to each other. The older meta may be that of a failed commit: then LMDB has put back its number
/// of transaction, but not its trees. Not found: a plausible map size (which nvrhub does not go by), a meta page that
/// was replaced as a whole by an older, consistent one, a number of transaction that is too low by exactly two (it
/// looks like a failed commit), and what lies in the leaves of the tables, which is for the records' checksums.
Result<void> check_meta_pages(const std::filesystem::path& data_file);

} // namespace nvrhub::store
