#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace nvrhub::store::format {

// The part of LMDB 0.9's file format (data version 1, 64-bit little-endian) that meta_pages.cpp and page_file.cpp read.

using PageNumber = std::uint64_t;
inline constexpr PageNumber no_page = std::numeric_limits<PageNumber>::max(); // the root of an empty tree

inline constexpr std::uint32_t magic = 0xBEEFC0DE;
inline constexpr std::uint32_t data_version = 1;

enum PageFlag : std::uint16_t { branch_page = 1, leaf_page = 2, overflow_page = 4, meta_page = 8 };

struct PageHeader {
  PageNumber number = 0;
  std::uint16_t pad = 0;
  std::uint16_t flags = 0;
  std::uint16_t lower = 0; // lower and upper: the bounds of the free space between node offsets and nodes; on an
  std::uint16_t upper = 0; // overflow page: the low and high half of its number of pages
};
static_assert(sizeof(PageHeader) == 16);

/// The root of a B+tree and its statistics.
struct Tree {
  std::uint32_t pad = 0; // in the free list's tree: the page size
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

inline constexpr std::uint16_t integer_keys = 8; // a flag of Tree: set only on the free list

struct NodeHeader {
  std::uint16_t low = 0; // low, high: leaf: size of the value; branch: page number, with `flags` as bits 32 to 47
  std::uint16_t high = 0;
  std::uint16_t flags = 0;
  std::uint16_t key_bytes = 0;
};
static_assert(sizeof(NodeHeader) == 8);

enum NodeFlag : std::uint16_t { big_data = 1, sub_database = 2 };

} // namespace nvrhub::store::format
