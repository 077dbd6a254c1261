#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "store/error.hpp"
#include "store/lmdb_format.hpp"

namespace nvrhub::store {

/// An LMDB file read as bytes. It may grow meanwhile, where a server writes to it.
class PageFile {
public:
  static Result<PageFile> open(const std::filesystem::path& path);
  ~PageFile();
  PageFile(PageFile&& other) noexcept;
  PageFile& operator=(PageFile&&) = delete;

  std::uint64_t size() const;
  /// `bytes` from `offset` on; nothing if the file ends before.
  std::optional<std::string> read(std::uint64_t offset, std::uint64_t bytes) const;

private:
  PageFile(int fd, std::uint64_t size) : fd_(fd), size_(size) {}

  int fd_;
  mutable std::uint64_t size_; // when it was last looked at
};

/// The part of a file that one meta page speaks of.
struct Pages {
  const PageFile& file;
  std::uint64_t page_bytes = 0;
  format::PageNumber last = 0;

  Result<void> require(format::PageNumber number, std::uint64_t count) const;
  /// Pages from `number` on, whose first is what its header says.
  Result<std::string> read(format::PageNumber number, std::uint64_t count = 1) const;
};

format::PageHeader header_of(std::string_view page);

/// Walks a tree, page by page, and compares what it counts with what the tree's record says. Calls
/// `visit_pages(first, count)` for each page or run of pages and, unless it is empty, `visit(key, value, flags)` for
/// each leaf entry. Without `visit` it reads no leaf but a root, and so neither counts entries nor finds values that
/// lie elsewhere.
using VisitPages = std::function<Result<void>(format::PageNumber first, std::uint64_t count)>;
using VisitNode = std::function<Result<void>(std::string_view key, std::string_view value, std::uint16_t flags)>;
Result<void> walk_tree(const Pages& pages, const format::Tree& tree, const VisitPages& visit_pages,
                       const VisitNode& visit = {});

} // namespace nvrhub::store
