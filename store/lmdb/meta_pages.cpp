#include "store/lmdb/meta_pages.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <vector>

#include "store/lmdb/page_file.hpp"
#include "store/try.hpp"

namespace nvrhub::store {

namespace {

using namespace format;

constexpr std::uint64_t min_page_bytes = 512;
constexpr std::uint64_t max_page_bytes = 65536;
constexpr int walk_attempts = 5; // a server that commits during a walk changes the pages

static_assert(std::endian::native == std::endian::little && sizeof(std::size_t) == 8);

tl::unexpected<Error> damaged(std::string_view what) {
  return fail(Errc::corrupt, std::string(what));
}

struct Metas {
  std::array<Meta, 2> pages;
  std::uint64_t page_bytes = 0;
};

Result<Meta> read_meta(const PageFile& file, unsigned index, std::uint64_t page_bytes) {
  const std::string name = "meta page " + std::to_string(index);
  const auto bytes = file.read(index * page_bytes, sizeof(PageHeader) + sizeof(Meta));
  if (!bytes) return damaged(name + " is missing: the file is truncated");
  const PageHeader header = header_of(*bytes);
  Meta meta;
  std::memcpy(&meta, bytes->data() + sizeof header, sizeof meta);
  if (meta.magic != magic || meta.version != data_version) return damaged(name + " is not an LMDB 0.9 meta page");
  if (header.number != index || header.pad != 0 || header.flags != meta_page || header.lower != 0 ||
      header.upper != 0) {
    return damaged(name + " has an invalid header");
  }
  return meta;
}

Result<void> check_fields(const Metas& metas, unsigned index) {
  const Meta& meta = metas.pages[index];
  const bool sound = meta.address == 0 && meta.free_list.pad == metas.page_bytes &&
                     meta.free_list.flags == integer_keys && meta.tables.pad == 0 && meta.tables.flags == 0 &&
                     meta.last_page >= 1 && meta.map_bytes / metas.page_bytes > meta.last_page &&
                     meta.map_bytes % metas.page_bytes == 0 && meta.map_bytes < std::uint64_t{1} << 47;
  if (!sound) return damaged("meta page " + std::to_string(index) + " has invalid fields");
  return {};
}

/// LMDB writes transaction n to meta page n % 2. Both numbers of a new file are zero.
Result<void> check_transactions(const Metas& metas) {
  const std::uint64_t even = metas.pages[0].txn;
  const std::uint64_t odd = metas.pages[1].txn;
  const bool is_new = even == 0 && odd == 0;
  if (!is_new && (even % 2 != 0 || odd % 2 != 1 || (odd != even + 1 && even != odd + 1))) {
    return damaged("the transaction numbers of the meta pages are not consecutive");
  }
  return {};
}

/// The pages that one meta page refers to: each is referenced at most once, or free.
class PageMap {
public:
  PageMap(const PageFile& file, std::uint64_t page_bytes, const Meta& meta)
      : pages_{file, page_bytes, meta.last_page}, meta_(meta), claimed_(meta.last_page + 1) {}

  Result<void> check() {
    NVRHUB_TRY(walk_tree(pages_, meta_.free_list, claim_,
                         [this](auto key, auto value, std::uint16_t) { return free_pages(key, value); }));
    NVRHUB_TRY(walk_tree(pages_, meta_.tables, claim_,
                         [this](auto, auto value, std::uint16_t flags) { return table(value, flags); }));
    // LMDB may leave only free pages at the end unwritten.
    for (PageNumber page = pages_.file.size() / pages_.page_bytes; page <= pages_.last; ++page) {
      if (!free_[page]) return damaged("the file is truncated: it ends before pages that are in use");
    }
    return {};
  }

  /// The last transaction that freed pages.
  std::uint64_t last_freeing_txn() const { return last_freeing_txn_; }

private:
  Result<void> claim(PageNumber first, std::uint64_t count) {
    NVRHUB_TRY(pages_.require(first, count));
    for (PageNumber page = first; page < first + count; ++page) {
      if (claimed_[page])
        return damaged("page " + std::to_string(page) + " is referenced twice, or both free and in use");
      claimed_[page] = true;
    }
    return {};
  }

  /// A transaction's entry in the free list: the number of pages, then the page numbers in descending order.
  Result<void> free_pages(std::string_view key, std::string_view value) {
    const std::uint64_t room = value.size() / sizeof(PageNumber);
    if (key.size() != sizeof meta_.txn || room == 0) return damaged("the free list is malformed");
    const auto txn = number(key, 0);
    const auto count = number(value, 0);
    if (txn == 0 || txn > meta_.txn || count >= room) return damaged("the free list is malformed");
    last_freeing_txn_ = std::max(last_freeing_txn_, txn);
    PageNumber above = pages_.last + 1;
    for (std::uint64_t i = 1; i <= count; ++i) {
      const PageNumber page = number(value, i);
      if (page >= above) return damaged("the free list has invalid page numbers");
      NVRHUB_TRY(claim(page, 1));
      free_[page] = true;
      above = page;
    }
    return {};
  }

  Result<void> table(std::string_view value, std::uint16_t flags) {
    Tree tree;
    if (flags != sub_database || value.size() != sizeof tree) return damaged("the table directory is malformed");
    std::memcpy(&tree, value.data(), sizeof tree);
    return walk_tree(pages_, tree, claim_);
  }

  static std::uint64_t number(std::string_view bytes, std::uint64_t index) {
    std::uint64_t out = 0;
    std::memcpy(&out, bytes.data() + index * sizeof out, sizeof out);
    return out;
  }

  Pages pages_;
  const Meta& meta_;
  std::vector<bool> claimed_;
  std::vector<bool> free_ = claimed_;
  std::uint64_t last_freeing_txn_ = 0;
  VisitPages claim_ = [this](PageNumber first, std::uint64_t count) { return claim(first, count); };
};

Result<Metas> read_metas(const PageFile& file) {
  Metas metas;
  NVRHUB_LET(first, read_meta(file, 0, 0));
  metas.page_bytes = first.free_list.pad;
  if (!std::has_single_bit(metas.page_bytes) || metas.page_bytes < min_page_bytes ||
      metas.page_bytes > max_page_bytes) {
    return damaged("meta page 0 has an invalid page size");
  }
  NVRHUB_LET(second, read_meta(file, 1, metas.page_bytes));
  metas.pages = {first, second};
  return metas;
}

/// True: `meta` is what LMDB leaves if it could not write the meta page of the commit after `newer`, and has restored
/// its transaction number and last page. All pages of its trees exist: they are synced before the meta page is written.
bool is_failed_commit(const PageFile& file, std::uint64_t page_bytes, const Meta& meta, const Meta& newer) {
  if (meta.txn >= newer.txn) return false;
  Meta failed = meta;
  failed.txn = newer.txn + 1;
  failed.last_page = std::max(meta.last_page, file.size() / page_bytes - 1);
  PageMap pages(file, page_bytes, failed);
  return pages.check() && pages.last_freeing_txn() == failed.txn; // every commit frees the pages that it copied
}

Result<void> check_file(const PageFile& file, const Metas& metas) {
  NVRHUB_TRY(check_fields(metas, 0));
  NVRHUB_TRY(check_fields(metas, 1));
  NVRHUB_TRY(check_transactions(metas));
  for (const Meta& meta : metas.pages) {
    // Limits the memory that a damaged number costs: LMDB leaves few free pages unwritten.
    if (meta.last_page / 2 > file.size() / metas.page_bytes) return damaged("the file is truncated");
    const Meta& other = &meta == &metas.pages[0] ? metas.pages[1] : metas.pages[0];
    auto sound = PageMap(file, metas.page_bytes, meta).check();
    if (!sound && !is_failed_commit(file, metas.page_bytes, meta, other)) return sound;
  }
  return {};
}

bool same_transactions(const Metas& a, const Metas& b) {
  return a.pages[0].txn == b.pages[0].txn && a.pages[1].txn == b.pages[1].txn;
}

/// nullopt: the file changed during the check, so the result is not valid. An empty message: no problem found.
Result<std::optional<Error>> try_check(const std::filesystem::path& data_file) {
  NVRHUB_LET(file, PageFile::open(data_file));
  const auto metas = read_metas(file);
  const auto verdict = metas ? check_file(file, *metas) : tl::make_unexpected(metas.error());
  if (verdict) return Error{};
  const auto now = read_metas(file);
  if (metas && now && !same_transactions(*metas, *now)) return std::nullopt;
  return verdict.error();
}

} // namespace

Result<void> check_meta_pages(const std::filesystem::path& data_file) {
  std::error_code ec;
  const std::uintmax_t size = std::filesystem::file_size(data_file, ec);
  if (ec || size == 0) return {};
  for (int attempt = 0; attempt < walk_attempts; ++attempt) {
    NVRHUB_LET(finding, try_check(data_file));
    if (!finding) continue;
    if (finding->message.empty()) return {};
    return fail(finding->code, data_file.string() + " is damaged: " + finding->message +
                                   "; restore a backup, or run `nvrhub check` on a copy");
  }
  return {};
}

} // namespace nvrhub::store
