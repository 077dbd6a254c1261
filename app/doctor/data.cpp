// The data directory: existence, owner, permissions, tokens and contents.
#include "app/doctor/context.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/ip/address.hpp>

#include "access/token_file.hpp"
#include "app/watch/system_clock.hpp"
#include "protocol/encode/encode.hpp"
#include "store/directory/directory.hpp"

namespace nvrhub::app {

namespace {

namespace fs = std::filesystem;

std::string octal(mode_t mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", mode & 07777U);
  return text.data();
}

Finding check_missing(const fs::path& data) {
  std::error_code error;
  const fs::path parent = fs::absolute(data, error).lexically_normal().parent_path();
  if (::access(parent.c_str(), W_OK | X_OK) == 0) {
    return ok("data directory", data.string() + " does not exist yet; serve creates it");
  }
  return bad("data directory",
             data.string() + " does not exist and cannot be created in " + parent.string() + ": " +
                 std::strerror(errno),
             "Create it: install -d -m 0750 -o nvrhub -g nvrhub " + data.string());
}

/// Permissions of a directory or file that only the server's user and group should read.
Finding check_mode(const std::string& check, const fs::path& path, const struct stat& info) {
  const std::string text = path.string() + " has mode " + octal(info.st_mode);
  const char* const right = S_ISDIR(info.st_mode) ? "0750" : "0640";
  const std::string advice = std::string("chmod ") + right + " " + path.string();
  if ((info.st_mode & 0022U) != 0) return bad(check, text + ": other users than its owner can change it", advice);
  if ((info.st_mode & 0007U) != 0)
    return warn(check, text + ": every user of this machine can read the fleet's state", advice);
  return ok(check, text);
}

void check_tokens(const DoctorContext& context, Findings& findings) {
  const fs::path file = context.data / "tokens.json";
  struct stat info {};
  if (::stat(file.c_str(), &info) == 0 && (info.st_mode & 0077U) != 0) {
    findings.push_back(
        bad("tokens", file.string() + " has mode " + octal(info.st_mode) + ": other users than its owner can use it",
            "chmod 0600 " + file.string()));
  }
  const auto tokens = access::TokenFile(context.data).read();
  if (!tokens) {
    findings.push_back(bad("tokens", tokens.error(), "Run this as the user that runs the server, or as root."));
    return;
  }
  if (*tokens && !(*tokens)->empty()) {
    findings.push_back(ok("tokens", std::to_string((*tokens)->size()) + " in tokens.json"));
    return;
  }
  boost::system::error_code not_an_address;
  const auto address = boost::asio::ip::make_address(context.address, not_an_address);
  const bool beyond_loopback = !not_an_address && !address.is_loopback();
  if (*tokens) {
    findings.push_back(warn("tokens", "all tokens are revoked: every client is refused",
                            "Create one: nvrhub token add --data DIR --role …"));
  } else if (!beyond_loopback) {
    findings.push_back(ok("tokens", "none: every user of this machine has full access"));
  } else if (context.allow_anonymous) {
    findings.push_back(
        warn("tokens", "none, with --allow-anonymous: everyone who reaches " + context.address + " has full access",
             "Create one: nvrhub token add --data DIR --role …"));
  } else {
    findings.push_back(bad("tokens", "none, so serve refuses to listen on " + context.address,
                           "Create one: nvrhub token add --data DIR --role admin; or listen on 127.0.0.1."));
  }
}

std::string in_time(fleet::WallMillis length) {
  return protocol::hours_or_days(std::chrono::duration_cast<std::chrono::hours>(std::chrono::milliseconds(length)));
}

/// Compares the wall clock with the times in the store.
void check_stored_time(const DoctorContext& context, const store::Snapshot& snapshot, Findings& findings) {
  constexpr fleet::WallMillis leap = fleet::ServerClock::max_step / fleet::ServerClock::ms;
  const auto times = snapshot.times();
  if (!times || times->last == 0) return;
  const fleet::ClockReading reading = read_clocks();
  const fleet::WallMillis wall = reading.wall_ns / fleet::ServerClock::ms;
  const std::string confirm = "nvrhub clock confirm --data " + context.data.string();
  const std::string stored = "the newest stored time, " + protocol::iso8601(times->last);
  if (wall - times->last > leap && !reading.synchronized) {
    findings.push_back(warn("stored time",
                            "the clock is " + in_time(wall - times->last) + " ahead of " + stored +
                                ", and not synchronized: serve does not believe it",
                            "If the clock is right (the server was off that long), run: " + confirm));
  } else if (times->last - wall > leap) {
    findings.push_back(warn("stored time", "the clock is " + in_time(times->last - wall) + " behind " + stored,
                            "If the clock is right, run: " + confirm +
                                "; then times pass at half speed until the clock has caught up. If that is too long, "
                                "restore a backup."));
  } else {
    findings.push_back(ok("stored time", stored + ", agrees with the clock, or the server was off"));
  }
  if (times->vouched != 0 && times->last - times->vouched > leap) {
    findings.push_back(warn("retention",
                            "after a leap of the clock, history is deleted " + in_time(times->last - times->vouched) +
                                " later than --history-days says",
                            "If the clock is right, run: " + confirm));
  }
}

Finding check_contents(const DoctorContext& context, Findings& findings) {
  const fs::path& data = context.data;
  std::error_code error;
  if (!fs::exists(data / "data.mdb", error)) return ok("data", "none yet");
  const auto directory = store::Directory::open_read_only(data); // verifies it, as serve does
  if (directory) {
    if (const auto snapshot = (*directory)->store().snapshot()) check_stored_time(context, *snapshot, findings);
    return ok("data", "its schema is current, and the checks of serve pass");
  }
  const store::Error& why = directory.error();
  switch (why.code) {
  case store::Errc::permission:
    return bad("data", why.message, "Run this as the user that runs the server, or as root.");
  case store::Errc::schema:
    return bad("data", why.message, "Install the newer nvrhub again, or restore a backup.");
  case store::Errc::corrupt:
    return bad("data", why.message, "`nvrhub check` lists the damage. Restore a backup, and check the disk.");
  default:
    return bad("data", why.message, "");
  }
}

} // namespace

void check_data(const DoctorContext& context, Findings& findings) {
  struct stat info {};
  if (::stat(context.data.c_str(), &info) != 0) {
    findings.push_back(errno == ENOENT ? check_missing(context.data)
                                       : bad("data directory", context.data.string() + ": " + std::strerror(errno),
                                             "Run this as the user that runs the server, or as root."));
    check_tokens(context, findings);
    return;
  }
  if (!S_ISDIR(info.st_mode)) {
    findings.push_back(
        bad("data directory", context.data.string() + " is not a directory", "Choose another with --data."));
    return;
  }
  findings.push_back(check_mode("data directory", context.data, info));
  struct stat file {};
  if (::stat((context.data / "data.mdb").c_str(), &file) == 0) {
    findings.push_back(check_mode("data.mdb", context.data / "data.mdb", file));
    if (file.st_uid != info.st_uid) {
      findings.push_back(bad("data.mdb", "its owner differs from the owner of its directory",
                             "chown -R --reference=" + context.data.string() + " " + context.data.string()));
    }
  }
  if (context.server) {
    findings.push_back(ok("server", context.server->empty()
                                        ? "a server runs on the data directory"
                                        : "process " + *context.server + " runs on the data directory"));
  }
  check_tokens(context, findings);
  findings.push_back(check_contents(context, findings));
}

} // namespace nvrhub::app
