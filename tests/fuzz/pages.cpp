// The pages of an LMDB file, which nvrhub judges by their bytes before LMDB trusts them (store/lmdb/meta_pages.hpp). An
// input is a list of damages to a sound file: a page, an offset in it, and the bytes that stand there instead.
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
  // Some of the events need pages of their own behind the tree's.
  for (int camera = 0; camera < (number % 4 == 0 ? 80 : 4); ++camera)
    nvr.add("camera " + std::to_string(100 + camera), "10.0.0.1");
  event.nvr = std::move(nvr);
  return event;
}

/// A file with branch pages, pages of long values, and a free list.
std::string make_sound_file() {
  const test::Scratch scratch;
  {
    const auto directory = store::Directory::open(scratch.path());
    must(directory.has_value(), "a directory can be made");
    for (int batch = 0; batch < 6; ++batch) {
      std::vector<store::Write> writes;
      for (int i = 0; i < 12; ++i)
        writes.push_back({.nvr_id = 0, .session = 0, .last_seen = 0, .events = {registered(12 * batch + i)}});
      std::vector<store::Result<fleet::NvrId>> outcomes;
      must((*directory)->store().commit(writes, outcomes).has_value(), "it can be written");
    }
  }
  return test::read_file(scratch / "data.mdb");
}

/// The file under test. Memory behind a descriptor: damages come and go quickly.
class Victim {
public:
  Victim() : sound_(make_sound_file()), fd_(::memfd_create("nvrhub-fuzz", 0)) {
    restore();
    must(store::check_meta_pages(path()).has_value(), "a sound file is found sound");
  }

  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }
  std::size_t pages() const { return sound_.size() / page_bytes; }

  void damage(std::size_t offset, std::string_view bytes) {
    must(::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset)) >= 0, "the file can be written");
  }
  void point(std::size_t size) { must(::ftruncate(fd_, static_cast<off_t>(size)) == 0, "the file can be cut"); }
  void restore() {
    point(sound_.size());
    damage(0, sound_);
  }

private:
  std::string sound_;
  int fd_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Victim victim;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  while (input.size() > 4) { // page, offset low and high, how many bytes, the bytes
    const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(input[i]); };
    const std::size_t offset = (at(1) | std::size_t{at(2)} << 8) % page_bytes;
    const std::size_t page = at(0) % (victim.pages() + 1);
    const std::size_t count = std::min<std::size_t>({at(3), input.size() - 4, page_bytes - offset});
    if (page == victim.pages()) {
      victim.point(victim.pages() * offset);
    } else {
      victim.damage(page * page_bytes + offset, input.substr(4, count));
    }
    input.remove_prefix(4 + count);
  }
  const auto verdict = store::check_meta_pages(victim.path());
  must(verdict || (verdict.error().code == store::Errc::corrupt && !verdict.error().message.empty()),
       "a damaged file is called corrupt, and why");
  victim.restore();
  return 0;
}
