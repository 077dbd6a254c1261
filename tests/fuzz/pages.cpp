// The check of an LMDB file's pages, which reads their bytes before LMDB opens the file (store/lmdb/meta_pages.hpp). An
// input is a list of changes to a valid file: a page, an offset in it, and the bytes to write there.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/support/must.hpp"
#include "store/directory/directory.hpp"
#include "store/lmdb/meta_pages.hpp"
#include "store/support/scratch.hpp"

using namespace nvrhub;
using namespace nvrhub::fuzz;

namespace {

constexpr std::size_t page_bytes = 4096;

fleet::Event registered(int number) {
  fleet::Event event;
  event.kind = fleet::Kind::registered;
  event.at = 1'700'000'000'000;
  fleet::Nvr nvr;
  nvr.hostname = nvr.device_name = event.hostname = "NVR-" + std::to_string(number);
  // The larger events need overflow pages.
  for (int camera = 0; camera < (number % 4 == 0 ? 80 : 4); ++camera)
    nvr.add("camera " + std::to_string(100 + camera), "10.0.0.1");
  event.nvr = std::move(nvr);
  return event;
}

/// The bytes of a data file with branch pages, overflow pages and a free list.
std::string make_valid_file() {
  const test::Scratch scratch;
  {
    const auto directory = store::Directory::open(scratch.path());
    must(directory.has_value(), "a data directory can be created");
    for (int batch = 0; batch < 6; ++batch) {
      std::vector<store::Write> writes;
      for (int i = 0; i < 12; ++i)
        writes.push_back({.nvr_id = 0, .session = 0, .last_seen = 0, .events = {registered(12 * batch + i)}});
      std::vector<store::Result<fleet::NvrId>> outcomes;
      must((*directory)->store().commit(writes, outcomes).has_value(), "events can be committed");
    }
  }
  return test::read_file(scratch / "data.mdb");
}

/// The file under test. In memory (memfd): changing and restoring it is fast.
class TestFile {
public:
  TestFile() : valid_(make_valid_file()), fd_(::memfd_create("nvrhub-fuzz", 0)) {
    restore();
    must(store::check_meta_pages(path()).has_value(), "a valid file passes the check");
  }

  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }
  std::size_t pages() const { return valid_.size() / page_bytes; }

  void overwrite(std::size_t offset, std::string_view bytes) {
    must(::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset)) >= 0, "the file can be changed");
  }
  void resize(std::size_t size) { must(::ftruncate(fd_, static_cast<off_t>(size)) == 0, "the file can be truncated"); }
  void restore() {
    resize(valid_.size());
    overwrite(0, valid_);
  }

private:
  std::string valid_;
  int fd_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static TestFile file;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  while (input.size() > 4) { // page, offset (low and high byte), number of bytes, the bytes
    const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(input[i]); };
    const std::size_t offset = (at(1) | std::size_t{at(2)} << 8) % page_bytes;
    const std::size_t page = at(0) % (file.pages() + 1);
    const std::size_t count = std::min<std::size_t>({at(3), input.size() - 4, page_bytes - offset});
    if (page == file.pages()) {
      file.resize(file.pages() * offset);
    } else {
      file.overwrite(page * page_bytes + offset, input.substr(4, count));
    }
    input.remove_prefix(4 + count);
  }
  const auto result = store::check_meta_pages(file.path());
  must(result || (result.error().code == store::Errc::corrupt && !result.error().message.empty()),
       "a damaged file is reported as corrupt, with a reason");
  file.restore();
  return 0;
}
