#include "app/watch/clock_confirmation.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

namespace nvrhub::app {

namespace {

namespace fs = std::filesystem;

constexpr const char* confirmation_name = "clock-confirmed";

} // namespace

tl::expected<void, std::string> write_confirmation(const fs::path& data, fleet::WallMillis wall) {
  const fs::path file = data / confirmation_name;
  const fs::path part = file.string() + ".part";
  std::error_code error;
  if (!fs::exists(data / "data.mdb", error)) {
    return tl::make_unexpected(data.string() + " contains no nvrhub data: check the path");
  }
  {
    std::ofstream out(part);
    out << wall << "\n";
    out.flush();
    if (!out) {
      return tl::make_unexpected("could not write " + part.string() + ": " + std::strerror(errno) +
                                 ": run this as the user that runs the server, or as root");
    }
  }
  // The server may run as another user than this command, which may be root: it must be able to read the file.
  fs::permissions(part, fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read | fs::perms::others_read,
                  error);
  fs::rename(part, file, error);
  if (error) return tl::make_unexpected("could not write " + file.string() + ": " + error.message());
  return {};
}

bool has_confirmation(const fs::path& data) {
  std::error_code error;
  return fs::exists(data / confirmation_name, error);
}

Confirmation take_confirmation(const fs::path& data, fleet::WallMillis wall) {
  if (!has_confirmation(data)) return Confirmation::none;
  const fs::path file = data / confirmation_name;
  fleet::WallMillis at = 0;
  std::ifstream(file) >> at;
  std::error_code error;
  if (!fs::remove(file, error)) return Confirmation::none; // it would confirm again and again
  const fleet::WallMillis age = wall - at;
  constexpr fleet::WallMillis small_correction = 60'000;
  return age >= -small_correction && age <= confirmation_lifetime ? Confirmation::valid : Confirmation::outdated;
}

} // namespace nvrhub::app
