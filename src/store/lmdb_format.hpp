#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace nvrhub::store::format {

// The file format of LMDB 0.9 (data version 1) on a 64-bit little-endian machine, as far as the checks read it.

using PageNumber = std::uint64_t;
inline constexpr PageNumber no_page = std::numeric_limits<PageNumber>::max(); // the root of an empty tree

inline constexpr std::uint32_t magic = 0xBEEFC0DE;
inline constexpr std::uint32_t data_version = 1;

enum PageFlag : std::uint16_t { branch_page = 1, leaf_page = 2, overflow_page = 4, meta_page = 8 };

struct PageHeader {
  PageNumber number = 0;
  std::uint16_t pad = 0;
  std::uint16_t flags = 0;
  std::uint16_t lower = 0; // with `upper`: the free space between node offsets and nodes; of an overflow page, the
  std::uint16_t upper = 0; // two are the low and high half of its number of pages
};
static_assert(sizeof(PageHeader) == 16);

/// The root of a tree and what is counted of it.
struct Tree {
  std::uint32_t pad = 0; // of the free list's tree: the page size
  std::uint16_t flags = 0;
  std::uint16_t depth = 0;
  std::uint64_t branch_pages = 0;
  std::uint64_t leaf_pages = 0;
  std::uint64_t overflow_pages = 0;
  std::uint64_t entries = 0;
  PageNumber root = no_page;
};
static_assert(sizeof(Tree) == 48);

struct Meta {
  std::uint32_t magic = 0;
  std::uint32_t version = 0;
  std::uint64_t address = 0; // 0: not MDB_FIXEDMAP
  std::uint64_t map_bytes = 0;
  Tree free_list;
  Tree tables;
  PageNumber last_page = 0;
  std::uint64_t txn = 0;
};
static_assert(sizeof(Meta) == 136);

inline constexpr std::uint16_t integer_keys = 8; // a tree's flag: set on the free list alone

struct NodeHeader {
  std::uint16_t low = 0; // leaf: size of the value; branch: page number, with `flags` as its third part
  std::uint16_t high = 0;
  std::uint16_t flags = 0;
  std::uint16_t key_bytes = 0;
};
static_assert(sizeof(NodeHeader) == 8);

enum NodeFlag : std::uint16_t { value_elsewhere = 1, value_is_tree = 2 };

} // namespace nvrhub::store::format
