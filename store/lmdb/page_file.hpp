#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "store/error.hpp"
#include "store/lmdb/lmdb_format.hpp"

namespace nvrhub::store {

/// An LMDB file, read with pread. A server may write to it, and it may grow, at the same time.
class PageFile {
public:
  static Result<PageFile> open(const std::filesystem::path& path);
  ~PageFile();
  PageFile(PageFile&& other) noexcept;
  PageFile& operator=(PageFile&&) = delete;

  std::uint64_t size() const;
  /// `bytes` bytes at `offset`; nullopt if the file ends before that or cannot be read.
  std::optional<std::string> read(std::uint64_t offset, std::uint64_t bytes) const;

private:
  PageFile(int fd, std::uint64_t size) : fd_(fd), size_(size) {}

  int fd_;
  mutable std::uint64_t size_; // at the last fstat()
};

/// The pages of a file that one meta page refers to.
struct Pages {
  const PageFile& file;
  std::uint64_t page_bytes = 0;
  format::PageNumber last = 0;

  Result<void> require(format::PageNumber number, std::uint64_t count) const;
  /// `count` pages from `number`. Checks the page number in the header of the first.
  Result<std::string> read(format::PageNumber number, std::uint64_t count = 1) const;
};

format::PageHeader header_of(std::string_view page);

/// Walks a B+tree page by page and compares its statistics with the tree's record. Calls `visit_pages(first, count)`
/// for each page or run of pages and, unless it is empty, `visit(key, value, flags)` for each leaf entry. Without
/// `visit` it reads no leaf except a root: entries are not counted and overflow pages not visited.
using VisitPages = std::function<Result<void>(format::PageNumber first, std::uint64_t count)>;
using VisitNode = std::function<Result<void>(std::string_view key, std::string_view value, std::uint16_t flags)>;
Result<void> walk_tree(const Pages& pages, const format::Tree& tree, const VisitPages& visit_pages,
                       const VisitNode& visit = {});

} // namespace nvrhub::store
