#include "store/lmdb/page_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "store/try.hpp"

namespace nvrhub::store {

namespace {

using namespace format;

constexpr unsigned max_levels = 32;

template <class Struct>
Struct struct_at(std::string_view bytes, std::size_t offset) {
  Struct out;
  std::memcpy(&out, bytes.data() + offset, sizeof out);
  return out;
}

tl::unexpected<Error> damaged(PageNumber number, std::string_view what) {
  return fail(Errc::corrupt, "page " + std::to_string(number) + " " + std::string(what));
}

class Walk {
public:
  Walk(const Pages& pages, const Tree& tree, const VisitPages& visit_pages, const VisitNode& visit)
      : pages_(pages), tree_(tree), visit_pages_(visit_pages), visit_(visit) {}

  Result<void> run() {
    if (tree_.depth > max_levels) return fail(Errc::corrupt, "a tree exceeds the maximum depth of LMDB");
    if (tree_.root != no_page) NVRHUB_TRY(page(tree_.root, 1));
    const bool agrees = (tree_.root == no_page) == (tree_.depth == 0) && branches_ == tree_.branch_pages &&
                        leaves_ == tree_.leaf_pages &&
                        (!visit_ || (overflows_ == tree_.overflow_pages && entries_ == tree_.entries));
    if (!agrees) return fail(Errc::corrupt, "the page or entry counts of a tree differ from its record");
    return {};
  }

private:
  Result<void> page(PageNumber number, unsigned level) {
    const bool is_leaf = level == tree_.depth;
    // The counts end the walk of a tree with a cycle.
    if (level > tree_.depth || ++(is_leaf ? leaves_ : branches_) > (is_leaf ? tree_.leaf_pages : tree_.branch_pages)) {
      return damaged(number, "is in a tree whose depth or page counts differ from its record");
    }
    NVRHUB_TRY(visit_pages_(number, 1));
    if (is_leaf && level > 1 && !visit_) return pages_.require(number, 1);
    NVRHUB_LET(bytes, pages_.read(number));
    const PageHeader header = header_of(bytes);
    if (header.flags != (is_leaf ? leaf_page : branch_page)) return damaged(number, "has the wrong page type");
    if (header.lower < sizeof(PageHeader) || header.lower > header.upper || header.upper > pages_.page_bytes) {
      return damaged(number, "has an invalid layout");
    }
    for (std::size_t at = sizeof(PageHeader); at + 1 < header.lower; at += 2) {
      const auto offset = struct_at<std::uint16_t>(bytes, at);
      if (offset < header.upper || offset + sizeof(NodeHeader) > bytes.size()) {
        return damaged(number, "has an entry outside the page");
      }
      NVRHUB_TRY(node(number, bytes, offset, level));
    }
    return {};
  }

  Result<void> node(PageNumber number, std::string_view bytes, std::size_t offset, unsigned level) {
    const auto node = struct_at<NodeHeader>(bytes, offset);
    const std::string_view rest = bytes.substr(offset + sizeof node);
    const std::uint64_t low = node.low | std::uint64_t{node.high} << 16;
    if (node.key_bytes > rest.size()) return damaged(number, "has a key that extends beyond the page");
    if (level < tree_.depth) return page(low | std::uint64_t{node.flags} << 32, level + 1);
    if (!visit_) return {};
    ++entries_;
    const std::string_view key = rest.substr(0, node.key_bytes);
    const bool on_overflow_page = (node.flags & big_data) != 0;
    const std::uint64_t inline_bytes = on_overflow_page ? sizeof(PageNumber) : low;
    if (inline_bytes > rest.size() - key.size()) return damaged(number, "has a value that extends beyond the page");
    const std::string_view value = rest.substr(key.size(), inline_bytes);
    return on_overflow_page ? overflow(key, struct_at<PageNumber>(value, 0), low, node.flags)
                            : visit_(key, value, node.flags);
  }

  Result<void> overflow(std::string_view key, PageNumber number, std::uint64_t size, std::uint16_t flags) {
    const std::uint64_t count = (sizeof(PageHeader) - 1 + size) / pages_.page_bytes + 1;
    overflows_ += count;
    NVRHUB_TRY(visit_pages_(number, count));
    NVRHUB_LET(bytes, pages_.read(number, count));
    const PageHeader header = header_of(bytes);
    if (header.flags != overflow_page || (header.lower | std::uint64_t{header.upper} << 16) != count) {
      return damaged(number, "is not the overflow page that its entry refers to");
    }
    return visit_(key, std::string_view(bytes).substr(sizeof header, size), flags);
  }

  const Pages& pages_;
  const Tree& tree_;
  const VisitPages& visit_pages_;
  const VisitNode& visit_;
  std::uint64_t branches_ = 0;
  std::uint64_t leaves_ = 0;
  std::uint64_t overflows_ = 0;
  std::uint64_t entries_ = 0;
};

} // namespace

Result<PageFile> PageFile::open(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info {};
  if (fd < 0 || ::fstat(fd, &info) != 0) {
    const int cause = errno;
    if (fd >= 0) ::close(fd);
    return fail(cause == EACCES ? Errc::permission : Errc::io, path.string() + ": " + std::strerror(cause));
  }
  return PageFile(fd, static_cast<std::uint64_t>(info.st_size));
}

PageFile::~PageFile() {
  if (fd_ >= 0) ::close(fd_);
}

PageFile::PageFile(PageFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)), size_(other.size_) {}

std::uint64_t PageFile::size() const {
  struct stat info {};
  if (::fstat(fd_, &info) == 0) size_ = static_cast<std::uint64_t>(info.st_size);
  return size_;
}

std::optional<std::string> PageFile::read(std::uint64_t offset, std::uint64_t bytes) const {
  const auto ends_before = [&](std::uint64_t size) { return bytes > size || offset > size - bytes; };
  if (ends_before(size_) && ends_before(size())) return std::nullopt;
  std::string out(static_cast<std::size_t>(bytes), '\0');
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    done += static_cast<std::size_t>(got);
  }
  return out;
}

Result<void> Pages::require(PageNumber number, std::uint64_t count) const {
  if (number < 2 || number > last || count > last - number + 1)
    return damaged(number, "is outside the used pages of the file");
  return {};
}

Result<std::string> Pages::read(PageNumber number, std::uint64_t count) const {
  NVRHUB_TRY(require(number, count));
  auto bytes = file.read(number * page_bytes, count * page_bytes);
  if (!bytes) return damaged(number, "is beyond the end of the file (truncated or unreadable)");
  if (header_of(*bytes).number != number) return damaged(number, "has another page number in its header");
  return std::move(*bytes);
}

PageHeader header_of(std::string_view page) {
  return struct_at<PageHeader>(page, 0);
}

Result<void> walk_tree(const Pages& pages, const Tree& tree, const VisitPages& visit_pages, const VisitNode& visit) {
  return Walk(pages, tree, visit_pages, visit).run();
}

} // namespace nvrhub::store
